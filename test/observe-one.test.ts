/** One connection's frames and messages, while nobody looks at the others. */

import t from 'tap'
import { Connecting } from '../src/client/connecting.ts'
import { Connection } from '../src/connection.ts'
import { DEFAULTS } from '../src/defaults.ts'
import { observe } from '../src/index.ts'
import { observing } from './support/observing.ts'
import { open, record, settle } from './support/open.ts'

t.test('frames and messages of one connection are told, both ways, and none of another', async (t) => {
  const [one, other] = [open(), open()]
  const told: string[] = []
  observe(
    'sockroute:frame',
    ({ connection, direction, opcode, payload }) => {
      t.equal(connection, one.socket)
      told.push(`frame ${direction} ${opcode} ${payload.toString()}`)
    },
    { connection: one.socket },
  )
  observe('sockroute:message', ({ direction, data }) => told.push(`message ${direction} ${data?.toString()}`), {
    connection: one.socket,
  })
  for (const { socket, peer } of [one, other]) {
    const messages = record(socket)
    peer.text('question')
    await settle()
    socket.send('answer')
    await settle()
    t.same(messages, ['question'])
  }
  t.same(told, ['frame in 1 question', 'message in question', 'frame out 1 answer', 'message out answer'])
  t.ok(one.wire.outbox.isTold)
  t.notOk(other.wire.outbox.isTold, 'nothing stands in the way of the other')
})

t.test('who looks at one and who looks at all are told once each, whoever comes and goes', async (t) => {
  const { socket, peer, wire } = open()
  const own: number[] = []
  const look = (): (() => void) =>
    observe('sockroute:message', ({ wireLength }) => own.push(wireLength), { connection: socket })
  peer.text('12', false)
  const stop = look()
  await t.test('both', async (t) => {
    const all = observing(t, 'sockroute:message')
    peer.send(0, '345', true)
    await settle()
    stop()
    peer.text('6', false)
    await settle()
    const stopAgain = look()
    peer.send(0, '78', true)
    await settle()
    stopAgain()
    peer.text('9')
    await settle()
    t.same(
      all.map(({ wireLength }) => wireLength),
      [5, 3, 1],
    )
  })
  t.same(own, [5, 3])
  peer.text('x')
  await settle()
  t.notOk(wire.outbox.isTold)
  t.equal(wire.audience, undefined, 'nothing is left of it')
})

t.test('a listener that stops while it is told, twice; one that throws keeps nobody from being told', async (t) => {
  const { socket, peer } = open()
  const messages = record(socket)
  const told: string[] = []
  const errors: string[] = []
  process.setUncaughtExceptionCaptureCallback((error) => errors.push(error.message))
  t.teardown(() => process.setUncaughtExceptionCaptureCallback(null))
  const stop = observe(
    'sockroute:frame',
    () => {
      told.push('once')
      stop()
      stop()
    },
    { connection: socket },
  )
  observe(
    'sockroute:frame',
    () => {
      throw new Error('of a listener')
    },
    { connection: socket },
  )
  observe('sockroute:frame', () => told.push('always'), { connection: socket })
  peer.text('a')
  peer.text('b')
  await settle()
  t.same(told, ['once', 'always', 'always'])
  t.same(messages, ['a', 'b'])
  t.same(errors, ['of a listener', 'of a listener'])
})

t.test('ends with the connection, whose close frames are the last', async (t) => {
  const { socket, peer, wire } = open()
  const opcodes: string[] = []
  const stop = observe('sockroute:frame', ({ direction, opcode }) => opcodes.push(`${direction} ${opcode}`), {
    connection: socket,
  })
  peer.close()
  await settle()
  t.same(opcodes, ['in 8', 'out 8'])
  t.equal(socket.readyState, 3)
  t.equal(wire.audience, undefined)
  t.notOk(wire.outbox.isTold)
  stop()
  observe('sockroute:frame', () => undefined, { connection: socket })()
  t.equal(wire.audience, undefined, 'nobody looks at what has ended')
})

t.test('a client that is connecting yet', async (t) => {
  const report = (): void => undefined
  const connection = new Connection((one) => new Connecting(one, DEFAULTS, report))
  const told: string[] = []
  const stop = observe('sockroute:message', ({ data }) => told.push(String(data)), { connection })
  observe('sockroute:message', () => told.push('not this one'), { connection })()
  const { peer } = open({ connection })
  peer.text('first')
  await settle()
  stop()
  peer.text('second')
  await settle()
  t.same(told, ['first'])
})

t.test('mistakes', async (t) => {
  const { socket } = open()
  const cases: [args: unknown[], message: RegExp][] = [
    [['sockroute:ping', () => undefined, { connection: socket }], /sockroute:ping is told for all connections/],
    [['sockroute:frame', () => undefined, { connection: {} }], /takes a socket, as a handler has it/],
    [['sockroute:frame', () => undefined, { connection: null }], /takes a socket, as a handler has it/],
    [['sockroute:frame', () => undefined, { socket }], /observe\(\) has no option socket; it has connection/],
    [['sockroute:frame', () => undefined, socket], /observe\(channel, listener, options\) takes an object/],
    [['sockroute:frame', () => undefined, null], /observe\(channel, listener, options\) takes an object/],
  ]
  for (const [args, message] of cases) {
    t.throws(() => Reflect.apply(observe, undefined, args), { name: 'TypeError', message }, String(message))
  }
})
