// The parts of the way of a byte, each beside what else does the same, in this process: where a regression is, is seen here.
import { Buffer, isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { payloadOf } from '../bench/payload.mjs'
import { median } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'
import { BINARY, frame } from './raw/frame.mjs'

const ROUNDS = 9
const ROUND_MS = 20
const Z_SYNC_FLUSH = constants.Z_SYNC_FLUSH

const { Chunk } = await import('../dist/src/protocol/chunk.js')
const { FrameParser } = await import('../dist/src/protocol/frame-parser.js')
const { unmask } = await import('../dist/src/protocol/mask.js')
const { Utf8Check } = await import('../dist/src/protocol/utf8.js')
const { frame: serverFrame } = await import('../dist/src/protocol/frame-writer.js')
const { Deflater } = await import('../dist/src/extensions/deflater.js')
const { Inflater } = await import('../dist/src/extensions/inflater.js')
const Receiver = createRequire(import.meta.url)('ws').Receiver
const Sender = createRequire(import.meta.url)('ws').Sender

const KEY = 0x04030201
const ignore = () => {}

/** `[what, units in one run, ours, what the other is, the other]`; figures are nanoseconds a unit. */
const cases = [
  ...[7, 64, 1_024, 16_384].map(parsing),
  ...[16, 64, 256, 1_024, 65_536].map(masking),
  ...[64, 1_024, 65_536].map(checking),
  framing(128),
  deflating(1_024),
  inflating(1_024),
]

function parsing(bytes) {
  const count = Math.max(1, Math.floor(65_536 / (bytes + 8)))
  const stream = Buffer.concat(Array.from({ length: count }, () => frame(BINARY, Buffer.alloc(bytes, 1))))
  const sink = { onHeader: ignore, onPayload: ignore, onFrame: ignore }
  const parser = new FrameParser(sink, { rsv1Allowed: false })
  const receiver = new Receiver({ isServer: true, maxPayload: 1 << 20, allowSynchronousEvents: true })
  receiver.on('message', ignore)
  return [`parse frames of ${bytes} B`, count, () => parser.push(stream), "ws's Receiver", () => receiver.write(stream)]
}

function masking(bytes) {
  const chunk = new Chunk(Buffer.alloc(bytes, 1))
  const target = Buffer.alloc(bytes)
  return [`unmask ${bytes} B`, 1, () => unmask(chunk, 0, bytes, KEY, 0), 'a copy', () => chunk.bytes.copy(target)]
}

function checking(bytes) {
  const text = payloadOf({ kind: 'multi-byte', bytes })
  const half = bytes >> 1
  const [first, second] = [text.subarray(0, half), text.subarray(half)]
  const ours = () => {
    const check = new Utf8Check()
    if (!check.push(first) || !check.push(second) || !check.end()) throw new Error('not UTF-8')
  }
  return [`check ${bytes} B of UTF-8 in two parts`, 1, ours, 'isUtf8 of the whole', () => isUtf8(text)]
}

function framing(bytes) {
  const data = Buffer.alloc(bytes, 1)
  const options = { fin: true, rsv1: false, opcode: 2, mask: false, readOnly: true }
  return [`frame ${bytes} B`, 1, () => serverFrame(2, data), "ws's Sender.frame", () => Sender.frame(data, options)]
}

function deflating(bytes) {
  const data = payloadOf({ kind: 'json', bytes })
  const deflater = new Deflater({ level: 6, windowBits: 15, keepsContext: false })
  const ours = () => {
    deflater.begin(data)
    deflater.step()
  }
  return [`deflate ${bytes} B of JSON`, 1, ours, 'deflateRawSync', () => deflateRawSync(data)]
}

function inflating(bytes) {
  const data = deflateRawSync(payloadOf({ kind: 'json', bytes }), { finishFlush: Z_SYNC_FLUSH })
  const inflater = new Inflater(false)
  const ours = () => {
    inflater.begin(data.subarray(0, -4), bytes)
    inflater.step()
  }
  const other = () => inflateRawSync(data, { finishFlush: Z_SYNC_FLUSH })
  return [`inflate ${bytes} B of JSON`, 1, ours, 'inflateRawSync', other]
}

/** Nanoseconds that one run takes, of a round. */
function timed(run, times) {
  const begin = process.hrtime.bigint()
  for (let i = 0; i < times; i++) run()
  return Number(process.hrtime.bigint() - begin) / times
}

/** How often a run fits into a round. It is compiled after this. */
function timesIn(run) {
  let times = 1
  while (timed(run, times) * times < ROUND_MS * 1e6) times *= 2
  return times
}

const rows = cases.map(([what, units, ours, otherName, other]) => {
  const [ourTimes, otherTimes] = [timesIn(ours), timesIn(other)]
  const rounds = Array.from({ length: ROUNDS }, () => [timed(ours, ourTimes) / units, timed(other, otherTimes) / units])
  const [our, their] = [0, 1].map((at) => median(rounds.map((round) => round[at])))
  const ratio = median(rounds.map(([one, two]) => one / two))
  return [what, our.toFixed(0), ratio.toFixed(2), otherName, their.toFixed(0)]
})
console.log(aligned([['', 'ns', 'ratio', 'to', 'ns'], ...rows]))
