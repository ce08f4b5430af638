/** What comes of each frame, on an open connection that echoes. RFC 6455 §5, §7 */

import { clientFrame, hex } from '../protocol/wire.ts'
import { echo } from './host.ts'
import { onEachHost } from './suite.ts'

const KEY = '01020304'
const closeWith = (code: number, reason: Buffer | string = ''): Buffer =>
  clientFrame(8, Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]))
const part = (opcode: number, payload: Buffer | string): Buffer => clientFrame(opcode, payload, { fin: false })
const BYE = closeWith(1000)
const HI = clientFrame(1, 'hi')

/** A header alone: the length that it declares is not sent. */
const declared = (length: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(length)
  return Buffer.concat([hex('82ff'), bytes, hex(KEY)])
}

type Case = [id: string, section: string, rule: string, sent: Buffer[], answer: string]

const PROTOCOL_ERROR = 'close 1002'
const BAD_UTF8 = 'close 1007'

const cases: Case[] = [
  ['F01', '5.1', 'a frame without a mask', [hex('81026869')], PROTOCOL_ERROR],
  ['F01 H19', '5.1', 'a frame without a mask behind a right one', [HI, hex('81026869')], `text hi, ${PROTOCOL_ERROR}`],
  ['F29', '5.3', 'the mask 00000000', [clientFrame(1, 'hi', { key: hex('00000000') }), BYE], 'text hi, close 1000'],
  ...['c1', '91', 'a1', 'b1', 'd1', 'f1', 'c9', '98'].map(
    (first): Case => ['F03', '5.2', `reserved bits in ${first}`, [hex(`${first}80${KEY}`)], PROTOCOL_ERROR],
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): Case[] => [
    ['F04', '5.2', `opcode ${opcode}`, [clientFrame(opcode, '')], PROTOCOL_ERROR],
    ['F04', '5.2', `opcode ${opcode} without FIN`, [part(opcode, '')], PROTOCOL_ERROR],
  ]),
  ['F05', '5.2', 'a length of 5 in 16 bits', [hex(`81fe0005${KEY}0000000000`)], PROTOCOL_ERROR],
  ['F05', '5.2', 'a length of 125 in 16 bits', [hex(`82fe007d${KEY}`)], PROTOCOL_ERROR],
  ['F05', '5.2', 'a length of 5 in 64 bits', [hex(`81ff0000000000000005${KEY}`)], PROTOCOL_ERROR],
  ['F05', '5.2', 'a length of 65,535 in 64 bits', [hex(`82ff000000000000ffff${KEY}`)], PROTOCOL_ERROR],
  ['F07', '5.2', 'a length with its highest bit', [hex(`82ff8000000000000000${KEY}`)], PROTOCOL_ERROR],
  ...[2n ** 20n + 1n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 5n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n].map(
    (length): Case => ['F08', '10.4', `${length} bytes, of which none has come`, [declared(length)], 'close 1009'],
  ),
  ['F06', '5.5', 'a ping with a length in 16 bits', [hex(`89fe0005${KEY}`)], PROTOCOL_ERROR],
  ['F11', '5.5.2', 'an empty ping', [clientFrame(9, ''), BYE], 'pong, close 1000'],
  [
    'F11',
    '5.5.2',
    'a ping of 125 bytes',
    [clientFrame(9, 'p'.repeat(125)), BYE],
    `pong ${'p'.repeat(125)}, close 1000`,
  ],
  ['F11', '5.5', 'a ping of 126 bytes', [clientFrame(9, 'p'.repeat(126))], PROTOCOL_ERROR],
  ['F14', '5.5.3', 'a pong nobody asked for', [clientFrame(10, 'x'), HI, BYE], 'text hi, close 1000'],
  ['F12', '5.5', 'a fragmented ping', [part(9, '')], PROTOCOL_ERROR],
  ['F12', '5.5', 'a fragmented pong', [part(10, '')], PROTOCOL_ERROR],
  ['F12', '5.5', 'a fragmented close', [part(8, '')], PROTOCOL_ERROR],
  ['F13', '5.4', 'a continuation of nothing', [clientFrame(0, 'x')], PROTOCOL_ERROR],
  ['F13', '5.4', 'a continuation of what has ended', [HI, clientFrame(0, 'x')], `text hi, ${PROTOCOL_ERROR}`],
  ['F13', '5.4', 'a text inside a text', [part(1, 'a'), HI], PROTOCOL_ERROR],
  ['F13', '5.4', 'a binary inside a text', [part(1, 'a'), clientFrame(2, 'b')], PROTOCOL_ERROR],
  [
    'F14',
    '5.4',
    'control frames between fragments',
    [part(1, 'a'), clientFrame(9, '1'), clientFrame(10, ''), part(0, 'b'), clientFrame(0, 'c'), BYE],
    'pong 1, text abc, close 1000',
  ],
  [
    'F14',
    '5.4',
    'an empty message in fragments',
    [part(2, ''), part(0, ''), clientFrame(0, ''), BYE],
    'binary, close 1000',
  ],
  ['F15', '5.5.1', 'a close inside a message', [part(1, 'a'), BYE, clientFrame(0, 'b')], 'close 1000'],
  ...['ff', 'fe', 'c080', 'eda080', 'f4908080', 'e282', '80', 'f8888080', 'c3'].flatMap((bytes): Case[] => [
    ['F16', '8.1', `text ${bytes}`, [clientFrame(1, hex(bytes))], BAD_UTF8],
    ['F16', '8.1', `text ${bytes} in a last fragment`, [part(1, 'a'), clientFrame(0, hex(bytes))], BAD_UTF8],
  ]),
  [
    'F17',
    '8.1',
    'a character over two fragments',
    [part(1, hex('e282')), clientFrame(0, hex('ac')), BYE],
    'text €, close 1000',
  ],
  ['F18', '8.1', 'bad text fails before its end', [part(1, hex('ff'))], BAD_UTF8],
  ['F18', '8.1', 'bad text fails inside its frame', [hex(`81fe1000${KEY}fe`)], BAD_UTF8],
  ['F16', '8.1', 'bytes that are no text', [clientFrame(2, hex('62c3a9')), BYE], 'binary bé, close 1000'],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
    (code): Case => ['F19', '7.4', `close code ${code}`, [closeWith(code)], PROTOCOL_ERROR],
  ),
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code): Case => ['F19', '7.4', `close code ${code}`, [closeWith(code)], `close ${code}`],
  ),
  ['F20', '5.5.1', 'a close without a code', [clientFrame(8, '')], 'close'],
  ['F20', '5.5.1', 'a close with half a code', [clientFrame(8, hex('03'))], PROTOCOL_ERROR],
  ['F20', '5.5.1', 'a reason of 123 bytes', [closeWith(1000, 'r'.repeat(123))], 'close 1000'],
  ['F20', '5.5', 'a reason of 124 bytes', [closeWith(1000, 'r'.repeat(124))], PROTOCOL_ERROR],
  ['F20', '5.5.1', 'a reason that is not UTF-8', [closeWith(1000, hex('ff'))], BAD_UTF8],
  ['F21', '5.5.1', 'a text behind a close', [BYE, HI], 'close 1000'],
  ['F21', '5.5.1', 'a close behind a close', [BYE, BYE], 'close 1000'],
  ['F21', '5.5.1', 'what is no frame behind a close', [BYE, hex('ffffffff')], 'close 1000'],
  ['F30', '5.1', 'a request in the words of HTTP', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], PROTOCOL_ERROR],
  ['F30', '5.1', 'a ClientHello of TLS', [hex('160301020001000001fc0303')], PROTOCOL_ERROR],
  ['F30', '5.2', '64 KiB of ff', [Buffer.alloc(65_536, 0xff)], PROTOCOL_ERROR],
]

await onEachHost(
  'A05 every frame has the outcome that the RFC gives it, and none is left with nobody listening for errors',
  async (t, begin) => {
    const app = await begin({ routes: { '/ws': echo } })
    for (const [id, section, rule, sent, answer] of cases) {
      const client = await app.open({}, ...sent)
      t.same((await client.readToEnd()).join(', '), `${answer}, fin`, `${id} §${section} ${rule}`)
      client.end()
    }
    await app.settled()
    t.equal(app.ws.connections.size, 0)
  },
)

await onEachHost('F17 §5.4 frames may come in any pieces', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const emoji = clientFrame(1, '😀')
  for (let at = 1; at < emoji.length; at++) {
    const client = await app.open({}, emoji.subarray(0, at))
    client.write(clientFrame(9, '').subarray(0, 0)) // a turn of the event loop, not a byte
    await new Promise((resolve) => setImmediate(resolve))
    client.write(Buffer.concat([emoji.subarray(at), BYE]))
    t.same(await client.readToEnd(), ['text 😀', 'close 1000', 'fin'], `cut at ${at}`)
    client.end()
  }
})

await onEachHost('F10 F23 §10.4 a message has a limit, over all its fragments', async (t, begin) => {
  const limits = { maxMessageBytes: 65_536, maxFragments: 3 }
  const size = async (length: number): Promise<string[]> => {
    const client = await app.open({}, clientFrame(2, Buffer.alloc(length)), BYE)
    return client.readToEnd()
  }
  const app = await begin({ routes: { '/ws': { options: limits, handler: echo }, '/many': echo } })
  t.same(await size(65_536), ['binary of 65536 bytes', 'close 1000', 'fin'])
  t.same(await size(65_537), ['close 1009', 'fin'])
  const halves = await app.open({}, part(2, Buffer.alloc(40_000)), declared(30_000n).fill(0, 0, 1))
  t.same(await halves.readToEnd(), ['close 1002', 'fin'], 'a length of 30,000 in 64 bits')
  const second = Buffer.concat([hex('80fe7530'), hex(KEY)])
  const over = await app.open({}, part(2, Buffer.alloc(40_000)), second)
  t.same(await over.readToEnd(), ['close 1009', 'fin'], 'the second header alone')
  const three = await app.open({}, part(1, ''), part(0, ''), clientFrame(0, ''), BYE)
  t.same(await three.readToEnd(), ['text', 'close 1000', 'fin'])
  const four = await app.open({}, part(1, ''), part(0, ''), part(0, ''), part(0, ''))
  t.same(await four.readToEnd(), ['close 1008', 'fin'], 'empty fragments count')
  const flood = Buffer.concat([part(1, ''), ...Array<Buffer>(20_000).fill(part(0, ''))])
  const endless = await app.open({ path: '/many' }, flood)
  t.same(await endless.readToEnd(), ['close 1008', 'fin'])
})
