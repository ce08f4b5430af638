import t from 'tap'
import type { CloseResult } from '../src/connection.ts'
import { clientFrame } from './protocol/wire.ts'
import { type Opened, open, record, settle } from './support/open.ts'

type Row = [rule: string, steps: (opened: Opened) => void, log: string[], result: CloseResult]
const result = (code: number, reason = '', wasClean = code !== 1006): CloseResult => ({ code, reason, wasClean })

const rows: Row[] = [
  ['we close and the peer answers', ({ socket }) => socket.close(), ['close'], result(1005)],
  ['with a code', ({ socket }) => socket.close(1000), ['close 1000'], result(1000)],
  ['with a reason', ({ socket }) => socket.close(4001, 'à'), ['close 4001 à'], result(4001, 'à')],
  [
    'with the longest',
    ({ socket }) => socket.close(3000, 'x'.repeat(123)),
    [`close 3000 ${'x'.repeat(123)}`],
    result(3000, 'x'.repeat(123)),
  ],
  ['with bytes', ({ socket }) => socket.close(4999, Buffer.from('bye')), ['close 4999 bye'], result(4999, 'bye')],
  [
    '§7.1.5 a reason alone gets 1000',
    ({ socket }) => socket.close(undefined, 'bye'),
    ['close 1000 bye'],
    result(1000, 'bye'),
  ],
  [
    'B09 closing twice is closing once',
    ({ socket }) => {
      socket.close(1000)
      socket.close(1011)
    },
    ['close 1000'],
    result(1000),
  ],
  [
    'what was sent before goes out before',
    ({ socket }) => {
      socket.send('last')
      socket.close(1000)
    },
    ['text last', 'close 1000'],
    result(1000),
  ],
  ['the peer closes, and has its echo', ({ peer }) => peer.close(1000, 'bye'), ['close 1000'], result(1000, 'bye')],
  ['the peer closes without a code', ({ peer }) => peer.close(), ['close'], result(1005)],
  [
    'both close at once',
    ({ socket, peer }) => {
      socket.close(1001)
      peer.close(4000)
    },
    ['close 1001'],
    result(4000),
  ],
  ['B06 a FIN without a close frame', ({ peer }) => peer.hangUp(), [], result(1006)],
  [
    'B06 a FIN in the middle of a frame',
    ({ peer }) => {
      peer.raw(clientFrame(1, 'half').subarray(0, 7))
      peer.hangUp()
    },
    [],
    result(1006),
  ],
  ['B05 a reset', ({ peer }) => peer.end.reset(), [], result(1006)],
  ['terminate', ({ socket }) => socket.terminate(), [], result(1006)],
  [
    'B09 terminate, then close',
    ({ socket }) => {
      socket.terminate()
      socket.close(1000)
    },
    [],
    result(1006),
  ],
]

for (const [rule, steps, log, expected] of rows) {
  t.test(`§7 ${rule}`, async (t) => {
    const opened = open()
    const { socket, peer, closes, clock, errors, transport } = opened
    const received = record(socket)
    const { closed } = socket
    t.equal(socket.readyState, socket.OPEN)
    steps(opened)
    await settle(8)
    t.same(peer.log, log)
    t.same(closes, [`${expected.code} ${expected.reason}`.trim()], 'exactly one close')
    t.same(await closed, expected, 'socket.closed, asked before')
    t.same(await socket.closed, expected, 'and after')
    t.equal(socket.readyState, socket.CLOSED)
    t.equal(transport.destroyed, true)
    t.same([received, errors, clock.timers, socket.bufferedAmount], [[], [], 0, 0])
  })
}

t.test('readyState follows', async (t) => {
  const { socket, peer } = open()
  peer.answersClose = false
  socket.close()
  t.equal(socket.readyState, socket.CLOSING)
  await settle()
  t.equal(socket.readyState, socket.CLOSING)
  peer.close()
  await settle()
  t.equal(socket.readyState, socket.CLOSED)
})

t.test('messages that cross our close frame still arrive', async (t) => {
  const { socket, peer, closes } = open()
  const received = record(socket)
  peer.answersClose = false
  socket.close(1000)
  peer.text('crossing')
  await settle()
  t.same([received, closes], [['crossing'], []])
  peer.close(1000)
  peer.text('behind it')
  await settle()
  t.same([received, closes], [['crossing'], ['1000']])
})

const slow: [rule: string, prepare: (opened: Opened) => void, log: string[], close: string][] = [
  [
    'B07 a peer that never answers',
    ({ socket, peer }) => {
      peer.answersClose = false
      socket.close(1000)
    },
    ['close 1000'],
    '1006',
  ],
  [
    'B08 a peer that closes and never ends',
    ({ peer }) => {
      peer.endsToo = false
      peer.close(1000)
    },
    ['close 1000'],
    '1000',
  ],
  [
    'a peer that answers and never ends',
    ({ socket, peer }) => {
      peer.endsToo = false
      socket.close(1001)
    },
    ['close 1001'],
    '1001',
  ],
  [
    'a peer that broke the protocol and never ends',
    ({ peer }) => {
      peer.endsToo = false
      peer.raw(Buffer.of(0x81, 0))
    },
    ['close 1002 client frames must be masked'],
    '1006',
  ],
]

for (const [rule, prepare, log, close] of slow) {
  t.test(`§7.1.1 ${rule} has closeTimeoutMs, and is destroyed`, async (t) => {
    const opened = open()
    opened.peer.answersPings = false
    prepare(opened)
    await settle()
    t.same(opened.peer.log, log)
    await opened.pass(9_000)
    t.same(opened.closes, [], 'not before')
    t.notOk(opened.transport.destroyed)
    await opened.pass(3_000)
    t.same(opened.closes, [close])
    t.equal(opened.clock.timers, 0)
  })
}

t.test('§7.1.1 the time begins again when the peer has answered and is to end', async (t) => {
  const { socket, peer, pass, closes } = open()
  peer.endsToo = false
  peer.answersClose = false
  socket.close(1000)
  await pass(8_000)
  peer.close(1000)
  await pass(8_000)
  t.same(closes, [])
  await pass(4_000)
  t.same(closes, ['1000'])
})

t.test('what is unsent has its time before closeTimeoutMs begins', async (t) => {
  const { socket, peer, transport, pass, closes } = open()
  transport.hold()
  const parts = 12
  for (let i = 0; i < parts; i++) socket.send(Buffer.alloc(1_310_720))
  socket.close(1000)
  for (let i = 0; i < parts; i++) {
    await pass(5_000)
    transport.releaseOne()
  }
  t.same(closes, [])
  transport.release()
  await settle()
  t.same(closes, ['1000'])
  t.equal(peer.log.at(-1), 'close 1000')
})

t.test('what the system has taken of it, but a slow link has not yet brought, has its time as well', async (t) => {
  const { socket, peer, pass, closes } = open()
  peer.answersClose = false
  socket.send(Buffer.alloc(3_200_000))
  socket.close(1000)
  await pass(50_000)
  t.same(closes, [], 'at half a megabit a second')
  await pass(15_000)
  t.same(closes, ['1006'], 'and closeTimeoutMs after that')
})

t.test('a peer that floods us after its close frame is not read into memory', async (t) => {
  const { socket, peer, closes, pass } = open()
  peer.endsToo = false
  const received = record(socket)
  peer.close(1000)
  for (let i = 0; i < 100; i++) peer.binary(Buffer.alloc(65_536))
  await settle(20)
  t.equal(peer.end.writableLength, 0, 'it is read, so that our FIN does not become a RST')
  t.same(received, [])
  await pass(12_000)
  t.same(closes, ['1000'])
})

t.test('a peer that floods a slow handler instead of answering cannot put off its end for ever', async (t) => {
  const { socket, peer, pass, closes } = open()
  peer.answersClose = false
  socket.on('message', () => settle(2))
  const flood = clientFrame(1, 'x'.repeat(2_000))
  socket.close(1008)
  for (let seconds = 0; seconds < 120 && closes.length === 0; seconds++) {
    while (peer.end.writableLength < 200_000 && !peer.end.destroyed) peer.raw(Buffer.from(flood))
    await pass(1_000)
  }
  t.same(closes, ['1006'], 'after 12 times closeTimeoutMs')
})

t.test('a slow handler finishes what came before, and then takes the peer by its word', async (t) => {
  const { socket, peer, pass, closes, transport } = open()
  let count = 0
  socket.on('message', async () => {
    await settle(12)
    count++
  })
  for (let i = 0; i < 60; i++) peer.text('x'.repeat(2_000))
  await settle()
  t.ok(transport.isPaused())
  socket.close(1000)
  await pass(200_000)
  t.same([count, closes], [60, ['1000']])
})
