import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Audience } from './audience.ts'
import { Connection, insideOf } from './connection.ts'
import { CHANNELS } from './diagnostics.ts'
import type { ChannelName, DiagnosticsEvents } from './diagnostics-events.ts'

/** Which part of a connection's audience listens to what. */
const PASSING = { 'sockroute:frame': 'frames', 'sockroute:message': 'messages' } as const

/** The channels of what passes through open connections: they can be had of one connection alone. */
export type PassingChannelName = keyof typeof PASSING

export interface ObserveOptions {
  /**
   * Looks at this connection alone, and slows no other down. Ends with it. A client's may be connecting yet.
   * @defaultValue all connections of the process
   */
  readonly connection?: Connection<unknown> | undefined
}

/**
 * Subscribes to a channel of `node:diagnostics_channel`, with the type of its events. Returns what ends that.
 *
 *     const stop = observe('sockroute:connection:closed', ({ route, code, closedBy, durationMs }) => { ... })
 *     const stop = observe('sockroute:frame', ({ direction, opcode, payload }) => { ... }, { connection })
 *
 * A listener runs at once, in the middle of what it is told of; what it throws is an uncaught exception, as with every channel.
 * @throws TypeError for a channel that there is not, a listener that is no function, or what is no connection
 */
export function observe<Name extends ChannelName>(
  name: Name,
  listener: (event: DiagnosticsEvents[Name]) => void,
  options?: Name extends PassingChannelName ? ObserveOptions : { readonly connection?: undefined },
): () => void {
  check(name, listener, options)
  if (options?.connection !== undefined) {
    return observeOne(name as PassingChannelName, listener as Listener, options.connection) // as checked
  }
  const own = (event: unknown): void => listener(event as DiagnosticsEvents[Name]) // what is published there
  subscribe(name, own)
  return () => void unsubscribe(name, own)
}

type Listener = (event: DiagnosticsEvents[PassingChannelName]) => void

function observeOne(name: PassingChannelName, listener: Listener, connection: Connection<unknown>): () => void {
  const inside = insideOf(connection)
  if (inside.readyState === Connection.CLOSED) return () => undefined // nothing passes any more
  inside.audience ??= new Audience()
  const channel = inside.audience[PASSING[name]]
  const own: Listener = (event) => listener(event)
  channel.add(own)
  inside.look()
  return () => {
    channel.delete(own)
    insideOf(connection).look() // a client's is another one when it is open
  }
}

function check(name: ChannelName, listener: unknown, options: ObserveOptions | undefined): void {
  if (!Object.hasOwn(CHANNELS, name)) {
    throw new TypeError(`sockroute: there is no channel ${String(name)}; there are ${Object.keys(CHANNELS).join(', ')}`)
  }
  if (typeof listener !== 'function') {
    throw new TypeError(`sockroute: observe(channel, listener) takes a function; got ${typeof listener}`)
  }
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || options instanceof Connection) {
    throw new TypeError(
      'sockroute: observe(channel, listener, options) takes an object, such as { connection: socket }',
    )
  }
  for (const key of Object.keys(options)) {
    if (key !== 'connection') throw new TypeError(`sockroute: observe() has no option ${key}; it has connection`)
  }
  const { connection } = options
  if (connection === undefined) return
  if (!Object.hasOwn(PASSING, name)) {
    throw new TypeError(`sockroute: ${name} is told for all connections; compare the event's connection`)
  }
  if (connection instanceof Connection) return
  throw new TypeError('sockroute: the option connection of observe() takes a socket, as a handler has it')
}
