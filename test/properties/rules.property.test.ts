/** One rule of RFC 6455 broken in a stream that is otherwise right: the close code follows from the rule alone. */

import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { encode, eventsOf, type FrameSpec, isControl } from '../support/frames.ts'
import { holds } from '../support/holds.ts'
import { describe } from '../support/peer.ts'
import { bytesOf, chunksOf, cuts, messageUnderWay, rightFrames } from '../support/streams.ts'
import { RULES, type Rule } from './rules.ts'
import { session } from './session.ts'

const SETTINGS = { maxMessageBytes: 200_000, maxFragments: 40 }

/** What is sent, and what must come of it. */
interface Case {
  readonly bytes: Buffer
  readonly events: string[]
  readonly framesOut: string[]
}

/** `rule` is broken somewhere before the close frame, if there is one; undefined where it cannot be broken there. */
function caseOf(rule: Rule, frames: FrameSpec[], where: number, seed: number): Case | undefined {
  const places = frames.findIndex(({ first }) => (first & 15) === 8)
  const at = where % ((places < 0 ? frames.length : places) + 1)
  const before = frames.slice(0, at)
  const broken = rule.broken({ opcode: messageUnderWay(before), seed, ...SETTINGS })
  if (broken === undefined) return undefined
  return {
    bytes: Buffer.concat([bytesOf(before), ...broken.map(encode), bytesOf(frames.slice(at))]),
    events: [...eventsOf(before), 'close 1006 '],
    framesOut: [...pongsTo(before), `close ${rule.closeCode}`],
  }
}

function pongsTo(frames: readonly FrameSpec[]): string[] {
  const pings = frames.filter((frame) => isControl(frame) && (frame.first & 15) === 9)
  return pings.map(({ payload }) => describe({ fin: true, rsv1: false, opcode: 10, payload }))
}

/** The reason of our own close frame is for people. */
const withoutReason = (line: string): string => line.replace(/^(close \d+) .*/, '$1')

for (const rule of RULES) {
  t.test(`§${rule.section} ${rule.name}: else ${rule.closeCode}, after all that came before`, async (t) => {
    let tried = 0
    const property = fc.asyncProperty(rightFrames, fc.nat(), fc.nat(), cuts, async (frames, where, seed, sizes) => {
      const expected = caseOf(rule, frames, where, seed)
      fc.pre(expected !== undefined)
      if (expected === undefined) return
      tried++
      const { events, framesOut } = await session(chunksOf(expected.bytes, sizes), SETTINGS)
      deepStrictEqual(
        { events, framesOut: framesOut.map(withoutReason) },
        { events: expected.events, framesOut: expected.framesOut },
      )
    })
    await holds(t, property, 80, ([frames, ...rest]) => [bytesOf(frames).toString('hex'), ...rest])
    t.ok(tried > 0, `broken ${tried} times`)
  })
}
