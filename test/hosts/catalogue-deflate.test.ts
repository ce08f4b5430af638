/** What a hostile client compresses, beyond compression.test.ts. RFC 7692 */

import { constants, deflateRawSync } from 'node:zlib'
import { clientFrame, hex } from '../protocol/wire.ts'
import { echo } from './host.ts'
import { onEachHost } from './suite.ts'

const MIB = 1_048_576
const NAME = 'permessage-deflate'
const BYE = clientFrame(8, Buffer.of(3, 232))
const OPTIONS = { compression: true } as const
const offer = (extensions: string) => ({ headers: { 'sec-websocket-extensions': extensions } })
const deflated = (data: Buffer): Buffer => deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const BOMB = deflated(Buffer.alloc(100_000_000))

/** One compressed message in `count` fragments. */
function fragments(data: Buffer, count: number): Buffer {
  const size = Math.ceil(data.length / count)
  const parts = Array.from({ length: count }, (_, at) => data.subarray(at * size, (at + 1) * size))
  return Buffer.concat(
    parts.map((part, at) => clientFrame(at === 0 ? 2 : 0, part, { rsv1: at === 0, fin: at === count - 1 })),
  )
}

await onEachHost('C02 C03 window bits that are no number from 8 to 15 decline that offer alone', async (t, begin) => {
  const app = await begin({ options: OPTIONS, routes: { '/ws': echo } })
  const values = ['=16', '=99', '=', '=""', '=" 9"', '="9 "', '="08"', '=015', '=9a', '=-9', '=9.', '=٩']
  for (const parameter of ['server_max_window_bits', 'client_max_window_bits']) {
    for (const value of values) {
      const alone = await app.send(offer(`${NAME}; ${parameter}${value}`))
      const { status, headers } = await alone.readHead()
      // What is no token and no quoted string is malformed. RFC 6455 §9.1
      const isMalformed = value === '=' || value === '=٩' || value === '=""' || value.includes(' ')
      t.ok(status === 101 || (isMalformed && status === 400), `${parameter}${value}: ${status}`)
      t.equal(headers['sec-websocket-extensions'], undefined, `${parameter}${value}`)
      if (status !== 101) continue
      const next = await app.send(offer(`${NAME}; ${parameter}${value}, ${NAME}`))
      t.match((await next.readHead()).headers['sec-websocket-extensions'], NAME, `${parameter}${value}, and another`)
    }
  }
})

await onEachHost('C09 a bomb in 100 fragments, each of them small, counts as a whole', async (t, begin) => {
  const app = await begin({ options: OPTIONS, routes: { '/ws': echo } })
  const client = await app.open(offer(NAME), fragments(BOMB, 100))
  t.same(await client.readToEnd(), ['close 1009', 'fin'])
  client.end()
  const within = await app.open(offer(NAME), fragments(deflated(Buffer.alloc(MIB)), 100))
  t.equal((await within.readFrame()).rsv1, true, 'one of the largest size comes back')
})

await onEachHost('deflate that inflates to nothing is bounded by what it takes', async (t, begin) => {
  const app = await begin({ options: OPTIONS, routes: { '/ws': echo } })
  const empty = Buffer.alloc(2 * MIB, hex('000000ffff'))
  const one = await app.open(offer(NAME), clientFrame(2, empty, { rsv1: true }))
  t.same(await one.readToEnd(), ['close 1009', 'fin'], 'empty blocks in one frame')
  const many = await app.open(offer(NAME), fragments(empty, 1_000))
  t.same(await many.readToEnd(), ['close 1009', 'fin'], 'and in many')
  const honest = await app.open(offer(NAME))
  const before = honest.socket.bytesRead
  const busy = await app.open(offer(NAME), clientFrame(2, empty.subarray(0, MIB), { rsv1: true }))
  honest.write(Buffer.concat([clientFrame(1, 'meanwhile'), BYE]))
  t.same(await honest.readToEnd(), ['text meanwhile', 'close 1000', 'fin'])
  t.ok(honest.socket.bytesRead > before)
  t.equal((await busy.readFrame()).payload.length, 0)
})

await onEachHost('what follows the final block of a message is no part of it', async (t, begin) => {
  const app = await begin({ options: OPTIONS, routes: { '/ws': echo } })
  const final = deflateRawSync(Buffer.from('final'))
  const client = await app.open(offer(NAME), clientFrame(1, Buffer.concat([final, hex('00')]), { rsv1: true }))
  t.equal(await client.readText(), 'final', 'RFC 7692 §7.2.3.4 a sender may set BFINAL')
  client.write(clientFrame(1, Buffer.concat([final, Buffer.alloc(100, 0xff)]), { rsv1: true }))
  const answer = await client.readFrame()
  t.equal(answer.opcode === 8 ? answer.payload.readUInt16BE() : answer.payload.toString(), 1007)
})

await onEachHost('a compressed message of bytes that are no text fails as one that is not', async (t, begin) => {
  const app = await begin({ options: OPTIONS, routes: { '/ws': echo } })
  for (const bytes of ['ff', 'c080', 'eda080', 'f4908080', 'e282']) {
    const text = Buffer.concat([Buffer.alloc(200_000, 'x'), hex(bytes)])
    const client = await app.open(offer(NAME), clientFrame(1, deflated(text), { rsv1: true }))
    t.same(await client.readToEnd(), ['close 1007', 'fin'], bytes)
    client.end()
  }
})
