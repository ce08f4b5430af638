import t from 'tap'
import { ProtocolError } from '../src/protocol/errors.ts'
import { clientFrame, hex } from './protocol/wire.ts'
import { open, record, settle } from './support/open.ts'

const text = (data: string, fin = true): Buffer => clientFrame(1, data, { fin })
const more = (data: string | Buffer, fin = false): Buffer => clientFrame(0, data, { fin })

/** What a peer may send: the frames it sends, what the application is told, and what the peer is answered. */
const rows: [id: string, rule: string, wire: Buffer[], messages: string[], answers: string[], close: string[]][] = [
  ['§5.6', 'messages in order', [text('a'), clientFrame(2, Buffer.of(1)), text('')], ['a', '<01>', ''], [], []],
  ['F11', '§5.5.2 a ping is answered with its payload', [clientFrame(9, 'x')], [], ['pong x'], []],
  ['F11', '§5.5.2 an empty ping', [clientFrame(9, '')], [], ['pong'], []],
  ['F11', '§5.5.2 the longest ping', [clientFrame(9, 'x'.repeat(125))], [], ['pong (125)'], []],
  ['F11', '§5.5.3 a pong nobody asked for', [clientFrame(10, 'x')], [], [], []],
  [
    'F14',
    '§5.4 control frames between fragments',
    [text('a', false), clientFrame(9, 'p'), clientFrame(10, ''), more('b', true)],
    ['ab'],
    ['pong p'],
    [],
  ],
  [
    'F15',
    '§5.5.1 a close in the middle of a message',
    [text('a', false), clientFrame(8, hex('03e8')), more('b', true)],
    [],
    ['close 1000'],
    ['1000'],
  ],
  [
    'F20',
    '§7.4 a close with code and reason',
    [clientFrame(8, Buffer.from('\x0f\xa0bye', 'latin1'))],
    [],
    ['close 4000'],
    ['4000 bye'],
  ],
  ['F20', '§7.1.5 a close without a code', [clientFrame(8, '')], [], ['close'], ['1005']],
  [
    'F21',
    '§5.5.1 nothing counts behind a close',
    [clientFrame(8, hex('03e9')), text('late'), clientFrame(8, ''), clientFrame(9, '')],
    [],
    ['close 1001'],
    ['1001'],
  ],
  ['F19', '§7.4.1 a code that is not for the wire', [clientFrame(8, hex('03ed'))], [], ['close 1002'], ['1006']],
  ['F01', '§5.1 an unmasked frame', [hex('81026869')], [], ['close 1002'], ['1006']],
  ['F04', '§5.2 a reserved opcode', [text('a'), clientFrame(3, ''), text('b')], ['a'], ['close 1002'], ['1006']],
  ['F16', '§8.1 text that is no UTF-8', [clientFrame(1, hex('fffe'))], [], ['close 1007'], ['1006']],
  ['F18', '§8.1 bad UTF-8 fails at once', [clientFrame(1, hex('ff'), { fin: false })], [], ['close 1007'], ['1006']],
  [
    'F17',
    '§8.1 a character over two fragments',
    [clientFrame(1, hex('e282'), { fin: false }), more(hex('ac'), true)],
    ['€'],
    [],
    [],
  ],
  ['F10', '§10.4 a message over the limit', [text('x'.repeat(101))], [], ['close 1009'], ['1006']],
  ['F10', '§10.4 a message at the limit', [text('x'.repeat(100))], ['x'.repeat(100)], [], []],
  [
    'F10',
    '§10.4 over the limit in two fragments',
    [text('x'.repeat(60), false), more('x'.repeat(41))],
    [],
    ['close 1009'],
    ['1006'],
  ],
  [
    'F08',
    '§10.4 a length of 2^53 - 1, from the header alone',
    [hex('82ff001fffffffffffff')],
    [],
    ['close 1009'],
    ['1006'],
  ],
  ['F23', 'empty fragments count', [text('', false), more(''), more(''), more('', true)], [], ['close 1008'], ['1006']],
  ['F30', 'HTTP after the 101', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], [], ['close 1002'], ['1006']],
  ['F30', 'a ClientHello', [hex('16030100c8010000c40303')], [], ['close 1002'], ['1006']],
]

for (const [id, rule, wire, messages, answers, close] of rows) {
  t.test(`${id} ${rule}`, async (t) => {
    const bytes = Buffer.concat(wire)
    for (const [how, chunks] of [
      ['in one chunk', [bytes]],
      ['a byte at a time', Array.from(bytes, (byte) => Buffer.of(byte))],
      ['as the head', []],
    ] as const) {
      const opened = open({
        settings: { maxMessageBytes: 100, maxFragments: 3 },
        head: how === 'as the head' ? Buffer.from(bytes) : undefined,
      })
      const received = record(opened.socket)
      for (const chunk of chunks) opened.peer.raw(Buffer.from(chunk))
      await settle(8)
      t.same(received, messages, `${how}: messages`)
      const log = opened.peer.log.map((line) => line.replace(/^(close 100[2789]) .*/, '$1'))
      t.same(log, answers, `${how}: answers`)
      t.same(opened.closes, close, `${how}: close`)
      t.equal(opened.peer.sawEnd, close.length > 0, `${how}: §7.1.1 the server ends the transport`)
      t.same(opened.errors, [], `${how}: a peer's faults are not the handler's`)
      opened.socket.terminate()
      await settle()
      t.equal(opened.clock.timers, 0)
    }
  })
}

t.test("§7.1.7 'error' tells of a broken protocol, to those who listen", async (t) => {
  const { socket, peer, closes, errors } = open()
  const told: unknown[] = []
  socket.on('error', (error) => {
    told.push(error)
    told.push(closes.length)
  })
  peer.raw(hex('8100'))
  await settle()
  t.match(told, [{ name: 'ProtocolError', code: 'WS_UNMASKED', closeCode: 1002 }, 0], 'before close')
  t.ok(told[0] instanceof ProtocolError)
  t.match(peer.log[0], /^close 1002 client frames must be masked$/)
  t.same([closes, errors], [['1006'], []])
})

t.test('what the peer pings and pongs can be seen', async (t) => {
  const { socket, peer } = open()
  const seen: string[] = []
  socket.on('ping', (data) => void seen.push(`ping ${data.toString()}`))
  socket.on('pong', (data) => void seen.push(`pong ${data.toString()}`))
  peer.send(9, 'a')
  peer.send(10, 'b')
  await settle()
  t.same(seen, ['ping a', 'pong b'])
})

t.test('§5.5.3 where the transport is stuck, only the newest ping is answered', async (t) => {
  const { socket, peer, transport } = open()
  transport.hold()
  socket.send('stuck')
  await settle()
  for (let i = 0; i < 1_000; i++) peer.send(9, `${i}`)
  await settle()
  t.ok(socket.bufferedAmount < 1_200, 'pongs do not gather')
  transport.release()
  await settle()
  t.ok(peer.log.length < 300, `${peer.log.length} frames`)
  t.same([peer.log[0], peer.log.at(-1)], ['text stuck', 'pong 999'])
})

t.test('§5.5.3 each of some pings is answered, though the transport has yet to pass on what it has', async (t) => {
  const { peer, transport } = open()
  transport.hold()
  const payloads = Array.from({ length: 10 }, (_, at) => `ping ${at}`)
  for (const payload of payloads) {
    peer.send(9, payload)
    await settle()
  }
  transport.release()
  await settle()
  t.same(
    peer.log,
    payloads.map((payload) => `pong ${payload}`),
  )
})

t.test('§5.5.1 a ping that comes after our close frame is not answered', async (t) => {
  const { socket, peer } = open()
  peer.answersClose = false
  socket.close(1000)
  peer.send(9, 'late')
  await settle()
  t.same(peer.log, ['close 1000'])
  const stuck = open()
  stuck.transport.hold()
  stuck.socket.send('stuck'.repeat(1_000))
  await settle()
  stuck.peer.send(9, 'before')
  await settle()
  stuck.socket.close(1000)
  stuck.transport.release()
  await settle()
  t.same(stuck.peer.log, ['text (5000)', 'close 1000'], 'nor is one that had to wait until then')
})

t.test('the frames of one turn leave in one write', async (t) => {
  const { socket, peer, transport } = open()
  socket.on('message', (data) => socket.send(data.toString()))
  peer.raw(Buffer.concat(Array.from({ length: 100 }, (_, at) => text(`${at}`))))
  await settle()
  t.equal(peer.log.length, 100)
  t.equal(transport.writes.length, 1)
})

t.test('a transport that is gone when the handler gets it', async (t) => {
  const opened = open({ handler: (socket) => socket.terminate() })
  await settle()
  t.same([opened.closes, opened.socket.readyState, opened.clock.timers], [['1006'], 3, 0])
})
