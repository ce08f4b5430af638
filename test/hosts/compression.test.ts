/** permessage-deflate over the wire: what is agreed on, what comes of each frame, and what bombs cost. RFC 7692 */

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { AppOptions, Connection } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { type AppSpec, echo, type Handler } from './host.ts'
import type { Frame, RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const MIB = 1_048_576
const NAME = 'permessage-deflate'
const FLAGS = `${NAME}; server_no_context_takeover; client_no_context_takeover`
const TAIL = Buffer.from('0000ffff', 'hex')
const finishFlush = constants.Z_SYNC_FLUSH

const offer = (extensions: string) => ({ headers: { 'sec-websocket-extensions': extensions } })
const deflated = (data: string | Buffer): Buffer => deflateRawSync(data, { finishFlush }).subarray(0, -4)
const inflated = (data: Buffer): string => inflateRawSync(Buffer.concat([data, TAIL]), { finishFlush }).toString()
const compressed = (opcode: number, payload: Buffer, fin = true): Buffer =>
  clientFrame(opcode, payload, { fin, rsv1: true })
const spec = (compression: AppOptions['compression'], handler: Handler = echo): AppSpec => ({
  options: { compression },
  routes: { '/ws': handler },
})
const BYE = clientFrame(8, Buffer.of(3, 232))
/** 100 MB of zeros in 100 KB. */
const BOMB = deflated(Buffer.alloc(100_000_000))

const offers: [id: string, offered: string, answered: string | undefined][] = [
  ['C01', NAME, FLAGS],
  ['C01', `${NAME}; client_max_window_bits`, FLAGS],
  ['C01', `${NAME}; client_max_window_bits="10"`, FLAGS],
  ['C01', `${NAME}; server_no_context_takeover`, FLAGS],
  ['C01', `${NAME}; server_max_window_bits=10`, `${FLAGS}; server_max_window_bits=10`],
  ['C01', `x-unknown, ${NAME}; server_max_window_bits=9, ${NAME}`, `${FLAGS}; server_max_window_bits=9`],
  ...['=7', '=16', '=99', '=08', '=0x9', '=9.0', '=1e1', '=+9', ''].flatMap((value): typeof offers => [
    ['C02 C03', `${NAME}; server_max_window_bits${value}`, undefined],
    ['C02 C03', `${NAME}; server_max_window_bits${value}, ${NAME}`, FLAGS],
  ]),
  ['C02', `${NAME}; client_max_window_bits=7`, undefined],
  ['C02', `${NAME}; unknown`, undefined],
  ['C02', `${NAME}; client_no_context_takeover=1`, undefined],
  ['C02', `${NAME}; client_no_context_takeover; client_no_context_takeover`, undefined],
  ['C04', `${NAME}; server_max_window_bits=8`, undefined],
  ['H31', '__proto__, constructor', undefined],
  ['H32', 'PERMESSAGE-DEFLATE', undefined],
]

await onEachHost('what is offered, and what is agreed on', async (t, begin) => {
  const app = await begin(spec(true))
  for (const [id, offered, answered] of offers) {
    const client = await app.send(offer(offered), BYE)
    const { status, headers } = await client.readHead()
    t.same([status, headers['sec-websocket-extensions']], [101, answered], `${id} ${offered}`)
    client.destroy()
  }
})

await onEachHost('it is off unless asked for, and a route has the last word', async (t, begin) => {
  let extensions: string | undefined
  const tell: Handler = (socket) => {
    extensions = socket.extensions
  }
  const app = await begin({
    options: { compression: { windowBits: 10 } },
    routes: {
      '/app': tell,
      '/off': { options: { compression: false }, handler: tell },
      '/on': { options: { compression: true }, handler: tell },
    },
  })
  const rows: [path: string, answered: string][] = [
    ['/app', `${FLAGS}; server_max_window_bits=10; client_max_window_bits=10`],
    ['/off', ''],
    ['/on', FLAGS],
  ]
  for (const [path, answered] of rows) {
    const client = await app.send({ path, ...offer(`${NAME}; client_max_window_bits`) })
    const { headers } = await client.readHead()
    t.same([headers['sec-websocket-extensions'] ?? '', extensions], [answered, answered], path)
  }
  const off = await begin({ routes: { '/ws': tell } })
  t.equal((await (await off.send(offer(NAME))).readHead()).headers['sec-websocket-extensions'], undefined)
})

const text = 'compressible '.repeat(20)
const bytewise = [...deflated(text)].map((byte, at, all) =>
  clientFrame(at === 0 ? 1 : 0, Buffer.of(byte), { rsv1: at === 0, fin: at === all.length - 1 }),
)

const cases: [id: string, rule: string, sent: Buffer[], answer: string[]][] = [
  [
    'C05',
    'RSV1 on a continuation',
    [clientFrame(1, 'a', { fin: false }), compressed(0, deflated('b'))],
    ['close 1002'],
  ],
  ['C05', 'RSV1 on a ping', [compressed(9, Buffer.alloc(0))], ['close 1002']],
  ['C05', 'RSV1 on a pong', [compressed(10, Buffer.alloc(0))], ['close 1002']],
  ['C05', 'RSV1 on a close', [compressed(8, Buffer.of(3, 232))], ['close 1002']],
  ['C06', 'no deflate at all', [compressed(1, Buffer.from('ffffff', 'hex'))], ['close 1007']],
  ['C06', 'a distance too far back', [compressed(1, Buffer.from('036200', 'hex'))], ['close 1007']],
  ['C06', 'a message that is cut off', [compressed(1, deflated(text).subarray(0, 10))], ['close 1007']],
  ['C07', 'an empty payload', [compressed(1, Buffer.alloc(0)), BYE], ['', 'close 1000']],
  ['C07', 'an empty block', [compressed(1, Buffer.of(0)), BYE], ['', 'close 1000']],
  ['C07', 'fragments of one byte each', [...bytewise, BYE], [text, 'close 1000']],
  [
    'C07',
    'a message that is not compressed',
    [clientFrame(1, 'plain'), compressed(1, deflated(text)), BYE],
    ['plain', text, 'close 1000'],
  ],
  ['C06', 'text that is none', [compressed(1, deflated(Buffer.of(0xff)))], ['close 1007']],
  ['C06', 'binary that is no text', [compressed(2, deflated(Buffer.of(0xff))), BYE], ['\ufffd', 'close 1000']],
  ['C08', 'a bomb', [compressed(2, BOMB)], ['close 1009']],
  [
    'C09',
    'a bomb in two fragments',
    [compressed(2, BOMB.subarray(0, 50_000), false), clientFrame(0, BOMB.subarray(50_000))],
    ['close 1009'],
  ],
  [
    'F10',
    'a message of the largest size',
    [compressed(2, deflated(Buffer.alloc(MIB, 'x'))), BYE],
    ['x'.repeat(MIB), 'close 1000'],
  ],
  ['F10', 'one byte more', [compressed(2, deflated(Buffer.alloc(MIB + 1, 'x')))], ['close 1009']],
]

/** A frame as what it says: the text of a message, inflated if need be. */
function read({ opcode, rsv1, payload }: Frame): string {
  if (opcode === 8) return `close ${payload.readUInt16BE()}`
  return rsv1 ? inflated(payload) : payload.toString()
}

async function readToClose(client: RawClient): Promise<string[]> {
  for (const seen: string[] = []; ; ) {
    seen.push(read(await client.readFrame()))
    if (seen.at(-1)?.startsWith('close ')) return seen
  }
}

await onEachHost('what comes of each frame', async (t, begin) => {
  const app = await begin(spec(true))
  for (const [id, rule, sent, answer] of cases) {
    const client = await app.open(offer(NAME))
    client.write(Buffer.concat(sent))
    const seen = await readToClose(client)
    t.ok(seen.length === answer.length && seen.every((one, at) => one === answer[at]), `${id} ${rule}`)
    client.destroy()
  }
  const plain = await app.open()
  plain.write(compressed(1, deflated('a')))
  t.same(await readToClose(plain), ['close 1002'], 'C05 RSV1 where nothing was agreed on')
})

await onEachHost('C13 a message that refers to the one before, as was agreed or not', async (t, begin) => {
  const first = deflated(text)
  const second = deflateRawSync(text, { finishFlush, dictionary: Buffer.from(text) }).subarray(0, -4)
  t.ok(second.length < first.length / 2, 'it does refer to it')
  for (const [contextTakeover, answer] of [
    [false, [text, 'close 1007']],
    [true, [text, text, 'close 1000']],
  ] as const) {
    const app = await begin(spec({ contextTakeover }))
    const client = await app.open(offer(NAME))
    client.write(Buffer.concat([compressed(1, first), compressed(1, second), BYE]))
    t.same(await readToClose(client), answer, `contextTakeover: ${contextTakeover}`)
  }
})

await onEachHost('messages go out compressed from the threshold on, or as they were told to', async (t, begin) => {
  const say: Handler = (socket) => {
    socket.send('x'.repeat(1_023))
    socket.send('x'.repeat(1_024))
    socket.send('x'.repeat(1_024), { compress: false })
    socket.send('x'.repeat(2_000), { fin: false })
    socket.send('y')
    socket.close(1000)
  }
  const app = await begin(spec(true, say))
  const client = await app.open(offer(NAME))
  const seen: [boolean, number][] = []
  for (let frame = await client.readFrame(); frame.opcode !== 8; frame = await client.readFrame()) {
    seen.push([frame.rsv1, read(frame).length])
  }
  t.same(seen, [
    [false, 1_023],
    [true, 1_024],
    [false, 1_024],
    [false, 2_000],
    [false, 1],
  ])
})

await onEachHost('C10 bombs from all sides: memory stays, and others are served meanwhile', async (t, begin) => {
  const app = await begin(spec(true))
  const honest = await app.open(offer(NAME))
  const before = process.memoryUsage.rss()
  const bombers = await Promise.all(Array.from({ length: 20 }, () => app.open(offer(NAME))))
  for (const bomber of bombers) bomber.write(compressed(2, BOMB))
  honest.write(compressed(1, deflated(text)))
  t.equal(read(await honest.readFrame()), text)
  for (const bomber of bombers) t.same(await readToClose(bomber), ['close 1009'])
  const grownMib = (process.memoryUsage.rss() - before) / MIB
  t.ok(grownMib < 64, `${grownMib.toFixed(0)} MiB`)
})

await onEachHost('C11 who sends much that is small on the wire takes turns with the others', async (t, begin) => {
  let taken = 0
  const count: Handler = (socket) => {
    socket.on('message', (data) => {
      taken += data.length
    })
  }
  const app = await begin({ options: { compression: true }, routes: { '/count': count, '/ws': echo } })
  const block = compressed(2, deflated(Buffer.alloc(65_536, '{"a":1},')))
  const senders = await Promise.all(Array.from({ length: 10 }, () => app.open({ path: '/count', ...offer(NAME) })))
  const honest = await app.open(offer(NAME))
  for (const sender of senders) sender.write(Buffer.concat([...Array<Buffer>(160).fill(block), BYE]))
  honest.write(compressed(1, deflated(text)))
  t.equal(read(await honest.readFrame()), text)
  t.ok(taken < 10 * 160 * 65_536, 'before all of theirs is done')
  for (const sender of senders) t.same(await readToClose(sender), ['close 1000'])
  t.equal(taken, 10 * 160 * 65_536)
})

await onEachHost('C15 whoever leaves in the middle leaves nothing behind', async (t, begin) => {
  const closes: number[] = []
  const late: string[] = []
  const large = Buffer.alloc(300_000, '{"id":1,"name":"sockroute"},')
  const handler = (socket: Connection): void => {
    socket.on('message', (data) => {
      if (socket.readyState === 3) late.push('a message after the end')
      socket.send(data)
      if (closes.length % 4 === 3) socket.terminate()
    })
    socket.on('close', (code) => closes.push(code))
  }
  const app = await begin(spec({ contextTakeover: true, thresholdBytes: 0 }, handler))
  const message = compressed(2, deflated(large))
  for (let i = 0; i < 60; i++) {
    const client = await app.open(
      offer(i % 2 === 0 ? NAME : `${NAME}; server_no_context_takeover; client_no_context_takeover`),
    )
    client.write(Buffer.concat([message, message]))
    if (i % 3 === 0) client.reset()
    else if (i % 3 === 1) client.end()
    else {
      client.write(BYE)
      await client.ended
    }
    client.destroy()
  }
  await app.settled()
  t.same([closes.length, late, app.ws.connections.size], [60, [], 0])
})
