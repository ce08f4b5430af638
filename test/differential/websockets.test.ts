/** Streams of frames, right and wrong ones, read by Python's websockets and by us. */

import fc from 'fast-check'
import t from 'tap'
import { holds } from '../support/holds.ts'
import { chunksOf, cuts } from '../support/streams.ts'
import { agrees, gone } from './agrees.ts'
import { readOurs } from './ours.ts'
import { streams } from './streams.ts'
import { noWebsockets, Websockets } from './websockets.ts'

/** Streams that go to the other process at once. */
const BATCH = 50
const skip = process.env.CI ? false : noWebsockets

t.test('we read what websockets reads, but for the differences on the list', { skip }, async (t) => {
  const websockets = new Websockets()
  let frames = 0
  const batches = fc.array(streams, { maxLength: BATCH, size: 'max' })
  const property = fc.asyncProperty(batches, cuts, async (batch, sizes) => {
    const theirs = await websockets.read(batch.map(({ bytes }) => bytes))
    for (const [at, { bytes, frames: count }] of batch.entries()) {
      frames += count
      agrees('websockets', readOurs(chunksOf(bytes, sizes)), theirs[at])
    }
  })
  await holds(t, property, 300, ([batch, sizes]) => [batch.map(({ bytes }) => bytes.toString('hex')), sizes])
  t.comment(`${frames} frames`)
  websockets.end()
})

t.test('every difference on the list is still there', { skip }, async (t) => {
  const websockets = new Websockets()
  const readTheirs = async (bytes: Buffer) => (await websockets.read([bytes]))[0]
  t.same(await gone('websockets', readOurs, readTheirs), [])
  websockets.end()
})
