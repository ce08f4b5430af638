/** However the network cuts a stream, it means the same. */

import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { holds } from '../support/holds.ts'
import { bytesOf, chunksOf, cuts, edited, edits, rightFrames } from '../support/streams.ts'
import { type Session, session } from './session.ts'

/** Small, so that streams of every kind reach the limits as well. */
const SETTINGS = { maxMessageBytes: 4_000, maxFragments: 12 }
/** Of each stream: what differs between two of them differs from the first. */
const CHUNKINGS = 10

const chunkings = fc.array(fc.tuple(cuts, fc.integer({ min: 0, max: 9 })), {
  minLength: CHUNKINGS,
  maxLength: CHUNKINGS,
})

async function sameInAnyCut(bytes: Buffer, ways: readonly [sizes: number[], turns: number][]): Promise<void> {
  let first: Session | undefined
  for (const [sizes, turns] of ways) {
    const seen = await session(chunksOf(bytes, sizes), SETTINGS, turns === 0 && bytes.length / sizes[0] < 200)
    first ??= seen
    deepStrictEqual(seen, first)
  }
}

t.test('any two chunkings of a stream give the same events, close code and bytes out', async (t) => {
  const streams = fc.tuple(rightFrames, edits).map(([frames, changes]) => edited(bytesOf(frames), changes))
  const property = fc.asyncProperty(streams, chunkings, sameInAnyCut)
  await holds(t, property, 400, ([bytes, ways]) => [bytes.toString('hex'), ways])
})
