/** Each test of this folder ends with the same figure: how many honest peers were harmed. It has to be 0. */

import type { Test } from 'tap'

/** What a peer has done, by its name. A visit that rejects says how its peer was refused or killed, or what it missed. */
export type Visits = readonly (readonly [peer: string, visit: Promise<unknown>])[]

/** Waits for all of them. */
export async function harmNone(t: Test, visits: Visits): Promise<void> {
  const outcomes = await Promise.allSettled(visits.map(([, visit]) => visit))
  const harmed = outcomes.flatMap((outcome, at) => {
    return outcome.status === 'rejected' ? [`${visits[at][0]}: ${String(outcome.reason)}`] : []
  })
  const figure = `honest peers refused, killed, or missing a message: ${harmed.length} of ${visits.length}`
  t.comment(figure)
  t.same(harmed, visits.length === 0 ? ['nobody came'] : [], figure)
}
