import type { Test } from 'tap'
import { CHANNELS } from '../../src/diagnostics.ts'
import type { ChannelName, DiagnosticsEvents } from '../../src/diagnostics-events.ts'
import { observe } from '../../src/index.ts'

/** Everything that `names` tell until the test ends, in order. */
export function observing<Name extends ChannelName>(t: Test, ...names: Name[]): DiagnosticsEvents[Name][] {
  const events: DiagnosticsEvents[Name][] = []
  const stops = names.map((name) => observe(name, (event) => events.push(event)))
  t.teardown(() => {
    for (const stop of stops) stop()
  })
  return events
}

export const ALL_CHANNELS = Object.keys(CHANNELS) as ChannelName[] // which are its keys

/** The names of the channels that tell something, in order, until the test ends. */
export function observingNames(t: Test): ChannelName[] {
  const told: ChannelName[] = []
  const stops = ALL_CHANNELS.map((name) => observe(name, () => told.push(name)))
  t.teardown(() => {
    for (const stop of stops) stop()
  })
  return told
}
