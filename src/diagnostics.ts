import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
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

/**
 * Subscribes to a channel of `node:diagnostics_channel`, with the type of its events. Returns what ends that.
 *
 *     const stop = observe('sockroute:connection:closed', ({ route, code, closedBy, durationMs }) => { ... })
 *
 * A listener runs at once, in the middle of what it is told of; what it throws is an uncaught exception, as with every channel.
 * @throws TypeError for a channel that there is not, or a listener that is no function
 */
export function observe<Name extends ChannelName>(
  name: Name,
  listener: (event: DiagnosticsEvents[Name]) => void,
): () => void {
  if (!Object.hasOwn(CHANNELS, name)) {
    throw new TypeError(`sockroute: there is no channel ${String(name)}; there are ${NAMES.join(', ')}`)
  }
  if (typeof listener !== 'function') {
    throw new TypeError(`sockroute: observe(channel, listener) takes a function; got ${typeof listener}`)
  }
  const own = (event: unknown): void => listener(event as DiagnosticsEvents[Name]) // what is published there
  subscribe(name, own)
  return () => void unsubscribe(name, own)
}
