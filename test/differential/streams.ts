/** Streams that keep the rules, break one, or are damaged: for readers that should agree on them. */

import fc from 'fast-check'
import { RULES } from '../properties/rules.ts'
import { encode } from '../support/frames.ts'
import { bytesOf, edited, edits, messageUnderWay, rightFrames } from '../support/streams.ts'
import { MAX_FRAGMENTS, MAX_MESSAGE_BYTES } from './reading.ts'

const LIMITS = { maxMessageBytes: MAX_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS }

export interface Stream {
  readonly bytes: Buffer
  /** How many frames were generated for it. */
  readonly frames: number
}

/** Four in ten are right. */
const faults = fc.record({ kind: fc.nat(9), rule: fc.nat(RULES.length - 1), where: fc.nat(), seed: fc.nat(), edits })

export const streams: fc.Arbitrary<Stream> = fc.tuple(rightFrames, faults).map(([frames, fault]) => {
  if (fault.kind < 4) return { bytes: bytesOf(frames), frames: frames.length }
  if (fault.kind < 7) return { bytes: edited(bytesOf(frames), fault.edits), frames: frames.length }
  const before = frames.slice(0, fault.where % (frames.length + 1))
  const place = { opcode: messageUnderWay(before), seed: fault.seed, ...LIMITS }
  const broken = RULES[fault.rule].broken(place) ?? []
  const bytes = Buffer.concat([bytesOf(before), ...broken.map(encode), bytesOf(frames.slice(before.length))])
  return { bytes, frames: frames.length + broken.length }
})
