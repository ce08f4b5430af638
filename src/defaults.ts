import type { IncomingMessage } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { type Clock, systemClock } from './clock.ts'
import type { ConnectionOptions, MessageRate, TopicOptions } from './connection-options.ts'
import type {
  CompressionOptions,
  DrainOptions,
  Logger,
  OnError,
  Origins,
  Protocols,
  Reauthenticate,
} from './options.ts'
import type { Broker } from './topics/broker.ts'

/** Every option of compression with its value. */
export type CompressionSettings = Readonly<Required<CompressionOptions>>

/** Every option of a connection with its value. `'unlimited'` has become Infinity. */
export type ConnectionSettings = Readonly<
  Record<Exclude<keyof ConnectionOptions, 'messageRate' | 'delivery'>, number>
> & {
  readonly messageRate: MessageRate | undefined
  readonly delivery: 'in-turn' | 'at-once'
}

/** Every option of topics with its value. */
export interface TopicSettings {
  readonly maxTopics: number
  readonly slowSubscriber: 'drop' | 'close'
  readonly onDropped: TopicOptions['onDropped']
  readonly onGap: TopicOptions['onGap']
}

/** What a connection has of its route. */
export type WireSettings = ConnectionSettings & TopicSettings

/** Every option of a route with its value. */
export interface RouteSettings extends ConnectionSettings, TopicSettings {
  readonly origins: Origins
  readonly requireOrigin: boolean
  readonly allowedHosts: readonly string[] | undefined
  readonly protocols: Protocols
  readonly compression: boolean | CompressionOptions
  readonly maxHeaderFields: number
  readonly handshakeTimeoutMs: number
  readonly onError: OnError | undefined
  readonly reauthenticate: Reauthenticate | undefined
  readonly reauthenticateIntervalMs: number
  readonly logConnections: boolean | undefined
}

/** Every option of an app with its value. */
export interface AppSettings extends RouteSettings {
  readonly passUpgrades: readonly string[] | ((request: IncomingMessage) => boolean)
  readonly maxPendingHandshakes: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxConnectionsPerHttp2Session: number
  readonly http2: boolean
  readonly maxTotalBytes: number
  readonly sharedReadBuffer: boolean
  readonly broker: Broker | undefined
  readonly drain: Required<DrainOptions>
  readonly logger: Logger | undefined
  readonly clock: Clock
}

export const COMPRESSION_DEFAULTS: CompressionSettings = {
  thresholdBytes: 1_024,
  level: 5,
  contextTakeover: false,
  windowBits: 15,
}

export const DEFAULTS: AppSettings = {
  maxMessageBytes: 1_048_576,
  maxFragments: 16_384,
  messageTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 20_000,
  maxBufferedBytes: 1_048_576,
  maxUnsentBytes: 16_777_216,
  sendTimeoutMs: 120_000,
  maxLifetimeMs: Infinity,
  messageRate: undefined,
  delivery: 'in-turn',
  maxTopics: 10_000,
  slowSubscriber: 'drop',
  onDropped: undefined,
  onGap: undefined,
  origins: [],
  requireOrigin: false,
  allowedHosts: undefined,
  protocols: [],
  compression: false,
  maxHeaderFields: 100,
  handshakeTimeoutMs: 10_000,
  onError: undefined,
  reauthenticate: undefined,
  reauthenticateIntervalMs: Infinity,
  logConnections: undefined,
  passUpgrades: [],
  maxPendingHandshakes: 10_000,
  maxConnections: Infinity,
  maxConnectionsPerAddress: Infinity,
  maxConnectionsPerHttp2Session: 100,
  http2: false,
  maxTotalBytes: Math.min(268_435_456, Math.floor(getHeapStatistics().heap_size_limit / 4)),
  sharedReadBuffer: true,
  broker: undefined,
  drain: { spreadMs: 5_000, deadlineMs: 10_000, code: 1001 },
  logger: undefined,
  clock: systemClock,
}
