import { channel } from 'node:diagnostics_channel'
import type { ChannelName, DiagnosticsEvents } from './diagnostics-events.ts'

/** A channel of node:diagnostics_channel that knows what it tells. */
export interface TypedChannel<Event> {
  readonly hasSubscribers: boolean
  publish(event: Event): void
}

const NAMES = [
  'sockroute:upgrade:begun',
  'sockroute:upgrade:refused',
  'sockroute:connection:opened',
  'sockroute:connection:closed',
  'sockroute:frame',
  'sockroute:message',
  'sockroute:ping',
  'sockroute:rtt',
  'sockroute:limit',
  'sockroute:handler:error',
  'sockroute:drain:begun',
  'sockroute:drain:ended',
  'sockroute:topic:subscribed',
  'sockroute:topic:unsubscribed',
  'sockroute:topic:published',
  'sockroute:broker:degraded',
  'sockroute:broker:restored',
  'sockroute:broker:gap',
] as const satisfies readonly ChannelName[]

type Channels = { readonly [Name in ChannelName]: TypedChannel<DiagnosticsEvents[Name]> }

/** By name, to publish on. Held here, since Node forgets a channel that nobody holds. */
export const CHANNELS = Object.fromEntries(NAMES.map((name) => [name, channel(name)])) as unknown as Channels // a test compares

/** Those that are asked once a turn, where a look into an object would count. */
export const FRAMES: TypedChannel<DiagnosticsEvents['sockroute:frame']> = CHANNELS['sockroute:frame']
export const MESSAGES: TypedChannel<DiagnosticsEvents['sockroute:message']> = CHANNELS['sockroute:message']

/** Whether anybody looks at what passes through open connections. */
export function isWatched(): boolean {
  return FRAMES.hasSubscribers || MESSAGES.hasSubscribers
}
