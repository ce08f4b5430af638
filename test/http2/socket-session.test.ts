/** A peer that is gone takes its session along: nobody else would notice. RFC 9113 §6.7 */

import { EventEmitter } from 'node:events'
import type { Http2Session } from 'node:http2'
import { mock } from 'node:test'
import t from 'tap'
import { SocketSession } from '../../src/http2/socket-session.ts'
import { pair } from '../support/pair.ts'

/** A session that answers a PING when it is told to. */
class FakeSession extends EventEmitter {
  destroyed = false
  closed = 0
  pings: ((error: Error | null) => void)[] = []

  ping(callback: (error: Error | null) => void): boolean {
    this.pings.push(callback)
    return true
  }

  close(): void {
    this.closed++
  }
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

function setUp() {
  const fake = new FakeSession()
  const session = SocketSession.of(fake as unknown as Http2Session) // as far as it is used
  const [, socket] = pair()
  session.socket = socket
  return { fake, session, socket }
}

t.test('without an answer the socket is destroyed', async (t) => {
  const { fake, session, socket } = setUp()
  session.probe()
  session.probe()
  t.equal(fake.pings.length, 1, 'one is asked for at a time')
  mock.timers.tick(59_999)
  t.equal(socket.destroyed, false)
  mock.timers.tick(1)
  t.equal(socket.destroyed, true)
})

t.test('with one it lives, and may be asked again', async (t) => {
  const { fake, session, socket } = setUp()
  session.probe()
  fake.pings[0](null)
  mock.timers.tick(600_000)
  t.equal(socket.destroyed, false)
  session.probe()
  fake.pings[1](new Error('the session has ended'))
  mock.timers.tick(60_000)
  t.equal(socket.destroyed, true)
})

t.test('a closing server ends a session when its last WebSocket has ended, and waits for no peer', async (t) => {
  const { fake, session, socket } = setUp()
  const stream = new EventEmitter()
  session.add(stream as never)
  session.close()
  fake.close()
  t.equal(fake.closed, 0, 'nor does Node before that')
  stream.emit('close')
  t.equal(fake.closed, 1)
  t.equal(session.streams, 0)
  mock.timers.tick(2_000)
  t.equal(socket.destroyed, true)
})
