/** What fast-check makes streams of frames from. */

import fc from 'fast-check'
import { encode, type FrameSpec, isControl, isFinal } from './frames.ts'

/** What a client does next; what it means depends on what went before, so that every list of steps is a right stream. */
export interface Step {
  readonly action: 'text' | 'binary' | 'ping' | 'pong'
  readonly length: number
  readonly seed: number
  readonly key: number
  readonly fin: boolean
}

const lengths = fc.oneof(
  { weight: 12, arbitrary: fc.nat(9) },
  { weight: 3, arbitrary: fc.constantFrom(31, 32, 79, 80, 124, 125, 126, 127, 300) },
  { weight: 1, arbitrary: fc.constantFrom(1_023, 1_024, 5_000) },
)

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom('text', 'text', 'binary', 'ping', 'pong'),
  length: lengths,
  seed: fc.nat(),
  key: fc.oneof(fc.integer(), fc.constant(0)),
  fin: fc.boolean(),
})

/** Close frames that are right, and no close frame most of the time. RFC 6455 §7.4 */
const close: fc.Arbitrary<Buffer | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999), fc.constantFrom('', 'bye', '€'))
      .map(([code, reason]) => Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)])),
  },
)

/** Frames that keep every rule; the last message may be unfinished. */
export const rightFrames: fc.Arbitrary<FrameSpec[]> = fc
  .tuple(fc.array(step, { maxLength: 30, size: 'max' }), close)
  .map(([steps, payload]) => {
    const frames = build(steps)
    return payload === undefined ? frames : [...frames, { first: 0x88, payload, key: 1 }]
  })

/** Where a stream is cut into chunks: the size of one after the other, over and over. */
export const cuts: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2_000 }), fc.constant(5_000)),
  { minLength: 1, maxLength: 8 },
)

/** A copy of `bytes` in chunks that lie side by side: what is written past the end of one shows in the next. */
export function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const copy = Buffer.from(bytes)
  const chunks: Buffer[] = []
  for (let at = 0, next = 0; at < copy.length; next++) {
    const end = at + sizes[next % sizes.length]
    chunks.push(copy.subarray(at, end))
    at = end
  }
  return chunks
}

/** What may happen to single bytes. */
export interface Edit {
  readonly kind: 'flip' | 'set' | 'insert' | 'remove' | 'end'
  /** Of the stream's length, in parts of a million. */
  readonly at: number
  readonly value: number
}

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'set', 'insert', 'remove', 'end'),
    at: fc.nat(999_999),
    value: fc.nat(255),
  }),
  { maxLength: 2 },
)

export function edited(bytes: Buffer, changes: readonly Edit[]): Buffer {
  return changes.reduce(edit, bytes)
}

function edit(bytes: Buffer, { kind, at, value }: Edit): Buffer {
  const place = Math.floor((at / 1_000_000) * bytes.length)
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place + 1)]
  const old = place < bytes.length ? bytes[place] : 0
  if (kind === 'end') return before
  if (kind === 'remove') return Buffer.concat([before, after])
  if (kind === 'insert') return Buffer.concat([before, Buffer.of(value, old), after])
  return Buffer.concat([before, Buffer.of(kind === 'set' ? value : old ^ (1 << (value & 7))), after])
}

export function bytesOf(frames: readonly FrameSpec[]): Buffer {
  return Buffer.concat(frames.map(encode))
}

/** Whether a message is under way behind `frames`: its opcode; 0 if none is. */
export function messageUnderWay(frames: readonly FrameSpec[]): number {
  let opcode = 0
  for (const frame of frames) {
    if (isControl(frame)) continue
    if (isFinal(frame)) opcode = 0
    else if (opcode === 0) opcode = frame.first & 15
  }
  return opcode
}

/** Text whose characters have one to four bytes, so that fragments and chunks cut them. */
const TEXT = Buffer.from('aß€😀 é中𝄞~\u0000\u07ff\ud7ff\ue000\uffff\u{10ffff}'.repeat(400))

function build(steps: readonly Step[]): FrameSpec[] {
  const frames: FrameSpec[] = []
  let opcode = 0
  let at = 0
  for (const { action, length, seed, key, fin } of steps) {
    if (action === 'ping' || action === 'pong') {
      frames.push({ first: action === 'ping' ? 0x89 : 0x8a, payload: noise(Math.min(length, 125), seed), key })
      continue
    }
    const isFirst = opcode === 0
    if (isFirst) opcode = action === 'text' ? 1 : 2
    if (isFirst) at = 0
    const payload = opcode === 2 ? noise(length, seed) : TEXT.subarray(at, textEnd(at, length, fin))
    at += payload.length
    frames.push({ first: (fin ? 0x80 : 0) | (isFirst ? opcode : 0), payload, key })
    if (fin) opcode = 0
  }
  return frames
}

/** The last part of a text must not end inside of a character. */
function textEnd(at: number, length: number, fin: boolean): number {
  let end = Math.min(at + length, TEXT.length)
  while (fin && end < TEXT.length && (TEXT[end] & 0xc0) === 0x80) end++
  return end
}

function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0, state = seed | 1; at < length; at++) {
    state = Math.imul(state, 0x2c9277b5) + 0x5f356495
    bytes[at] = state >>> 24
  }
  return bytes
}
