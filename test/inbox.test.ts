import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Connection } from '../src/connection.ts'
import { clientFrame } from './protocol/wire.ts'
import { open, record, settle } from './support/open.ts'

/** A promise to settle by hand. */
function gate(): { promise: Promise<void>; open(): void } {
  let release = (): void => undefined
  const promise = new Promise<void>((resolve) => {
    release = resolve
  })
  return { promise, open: () => release() }
}

const texts = (...all: string[]): Buffer => Buffer.concat(all.map((data) => clientFrame(1, data)))

t.test('A06 messages wait for a listener, however late', async (t) => {
  const late: [how: string, listen: (socket: Connection, take: (data: unknown) => void) => void][] = [
    ['on', (socket, take) => socket.on('message', take)],
    ['addListener', (socket, take) => socket.addListener('message', take)],
    ['prependListener', (socket, take) => socket.prependListener('message', take)],
    ['addEventListener', (socket, take) => socket.addEventListener('message', ({ data }) => take(data))],
    ['onmessage', (socket, take) => (socket.onmessage = ({ data }) => take(data))],
  ]
  for (const [how, listen] of late) {
    t.test(how, async (t) => {
      const { socket, peer } = open({ head: texts('head') })
      peer.raw(texts('a', 'b'))
      await settle()
      const received: string[] = []
      listen(socket, (data) => void received.push(String(data)))
      t.same(received, [], 'not before the caller has set up the rest')
      peer.raw(texts('c'))
      await settle()
      t.same(received, ['head', 'a', 'b', 'c'])
    })
  }
})

t.test('once takes one message, and the others wait', async (t) => {
  const { socket, peer } = open()
  peer.raw(texts('a', 'b', 'c'))
  await settle()
  const received: string[] = []
  socket.once('message', (data) => void received.push(`once ${data.toString()}`))
  await settle()
  t.same(received, ['once a'])
  socket.prependOnceListener('message', (data) => void received.push(`once ${data.toString()}`))
  await settle()
  t.same(received, ['once a', 'once b'])
  socket.on('message', (data) => void received.push(data.toString()))
  await settle()
  t.same(received, ['once a', 'once b', 'c'])
})

t.test('a listener that returns a promise gets the next message when that has settled', async (t) => {
  const { socket, peer } = open()
  const steps: string[] = []
  const gates = [gate(), gate(), gate()]
  socket.on('message', async (data) => {
    steps.push(`begin ${data.toString()}`)
    await gates[Number(data)].promise
    steps.push(`end ${data.toString()}`)
  })
  peer.raw(texts('0', '1', '2'))
  gates[2].open()
  await settle()
  t.same(steps, ['begin 0'])
  gates[0].open()
  await settle()
  t.same(steps, ['begin 0', 'end 0', 'begin 1'])
  gates[1].open()
  await settle()
  t.same(steps.slice(3), ['end 1', 'begin 2', 'end 2'])
})

t.test('with several listeners the slowest sets the pace', async (t) => {
  const { socket, peer } = open()
  const slow = gate()
  const received = record(socket)
  socket.on('message', () => slow.promise)
  peer.raw(texts('a', 'b'))
  await settle()
  t.same(received, ['a'])
  slow.open()
  await settle()
  t.same(received, ['a', 'b'])
})

t.test('a listener that rejects is reported, and gets the next message', async (t) => {
  const { socket, peer, errors } = open()
  let count = 0
  socket.on('message', async (data) => {
    count++
    await turn()
    if (data.toString() === 'a') throw new Error('rejected')
  })
  peer.raw(texts('a', 'b'))
  await settle(8)
  t.equal(count, 2)
  t.match(errors, [{ message: 'rejected' }])
  t.equal(errors.length, 1)
})

t.test('pause holds messages back; resume goes on in order', async (t) => {
  const { socket, peer } = open()
  const received: string[] = []
  socket.on('message', (data) => {
    received.push(data.toString())
    if (data.toString() === 'b') socket.pause()
  })
  peer.raw(texts('a', 'b', 'c', 'd'))
  await settle()
  t.same(received, ['a', 'b'], 'within one chunk')
  t.equal(socket.isPaused, true)
  peer.send(9, 'ping')
  await settle()
  t.same(peer.log, ['pong ping'], 'pings are answered')
  socket.resume()
  await settle()
  t.same([received, socket.isPaused], [['a', 'b', 'c', 'd'], false])
})

t.test('B10 we stop reading at 64 KiB of waiting messages, and go on at half', async (t) => {
  const { socket, wire, peer, transport } = open()
  socket.pause()
  const received = record(socket)
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) peer.text('x'.repeat(1_024))
  }
  send(55)
  await settle(20)
  t.notOk(transport.isPaused())
  send(400)
  await settle(20)
  t.ok(transport.isPaused())
  t.ok(peer.end.writableLength > 100_000, 'what we do not read waits at the peer')
  while (transport.isPaused() && received.length < 200) {
    t.notOk(wire.inbox.hasRoom, `still ${wire.inbox.isFull ? 'full' : 'over half'} after ${received.length}`)
    socket.once('message', () => socket.pause())
    socket.resume()
    await settle(1)
  }
  t.ok(received.length >= 28, `${received.length} taken`)
  socket.resume()
  await settle(60)
  t.equal(received.length, 455)
})

t.test('empty messages have an end, too', async (t) => {
  const { peer, transport } = open()
  peer.raw(Buffer.concat(Array.from({ length: 3_000 }, () => clientFrame(1, ''))))
  await settle(10)
  t.equal(transport.isPaused(), true)
})

t.test('a full inbox in the head: we do not begin to read', async (t) => {
  const { transport, peer } = open({ head: Buffer.concat(Array.from({ length: 3_000 }, () => clientFrame(1, ''))) })
  transport.resume() // what Node does one tick after a 'readable' listener was taken off a socket that is listened to
  for (let i = 0; i < 100; i++) peer.binary(Buffer.alloc(16_384))
  await settle(20)
  t.ok(peer.end.writableLength > 1_000_000, 'whoever else resumes the transport')
})

t.test('a slow listener slows its peer down', async (t) => {
  const { socket, peer, transport } = open()
  const slow = gate()
  let count = 0
  socket.on('message', async () => {
    count++
    await slow.promise
  })
  for (let i = 0; i < 50; i++) peer.binary(Buffer.alloc(16_384))
  await settle(20)
  t.equal(count, 1)
  t.ok(transport.isPaused())
  t.ok(peer.end.writableLength > 500_000)
  slow.open()
  await settle(100)
  t.equal(count, 50)
})

t.test('a message that waits does not keep the chunk it came in', async (t) => {
  const { socket, peer } = open()
  peer.raw(Buffer.concat([clientFrame(2, 'small'), clientFrame(1, 'x'.repeat(30_000))]))
  await settle()
  let memory = Infinity
  socket.once('message', (data) => {
    memory = data.buffer.byteLength
  })
  await settle()
  t.ok(memory <= 8_192, `${memory} bytes`) // at most Node's own pool
})

t.test('a message is never written to again', async (t) => {
  const { socket, peer } = open()
  const kept: Buffer[] = []
  socket.on('message', (data) => void kept.push(data))
  for (const letter of 'abcdefgh') {
    peer.raw(clientFrame(2, letter.repeat(1_000)))
    peer.raw(clientFrame(2, letter.repeat(10)).subarray(0, 9))
    await settle()
    peer.raw(clientFrame(2, letter.repeat(10)).subarray(9))
    await settle()
  }
  const expected = Array.from('abcdefgh').flatMap((letter) => [letter.repeat(1_000), letter.repeat(10)])
  t.same(kept.map(String), expected)
})

t.test('B01 while too much is unsent, handlers wait and nothing is read', async (t) => {
  const settings = { maxBufferedBytes: 10_000 }
  const { socket, peer, transport } = open({ settings })
  transport.hold()
  const seen: string[] = []
  socket.on('message', (data) => {
    seen.push(data.toString())
    socket.send(Buffer.alloc(6_000))
  })
  for (let i = 0; i < 9; i++) {
    peer.text(`${i}`)
    await settle()
  }
  t.same(seen, ['0', '1'], 'the third would have nowhere to go')
  t.ok(transport.isPaused())
  transport.releaseOne()
  await settle()
  t.equal(seen.length, 2, 'more than half is unsent still')
  transport.releaseOne()
  await settle()
  t.equal(seen.length, 4)
  t.ok(socket.bufferedAmount <= 10_000 + 6_010)
  transport.release()
  await settle(20)
  t.equal(seen.length, 9)
  t.notOk(transport.isPaused())
})
