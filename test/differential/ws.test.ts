/** Streams of frames, right and wrong ones, read by `ws` and by us. */

import fc from 'fast-check'
import t from 'tap'
import { holds } from '../support/holds.ts'
import { chunksOf, cuts } from '../support/streams.ts'
import { agrees, gone } from './agrees.ts'
import { readOurs } from './ours.ts'
import { streams } from './streams.ts'
import { readWs } from './ws.ts'

t.test('we read what ws reads, but for the differences on the list', async (t) => {
  let frames = 0
  const property = fc.property(streams, cuts, cuts, (stream, sizes, theirSizes) => {
    frames += stream.frames
    const theirs = readWs(chunksOf(stream.bytes, theirSizes))
    agrees('ws', readOurs(chunksOf(stream.bytes, sizes)), theirs)
  })
  await holds(t, property, 10_000, ([{ bytes }, ...sizes]) => [bytes.toString('hex'), ...sizes])
  t.comment(`${frames} frames`)
})

t.test('every difference on the list is still there', async (t) => {
  t.same(await gone('ws', readOurs, (bytes) => readWs([bytes])), [])
})
