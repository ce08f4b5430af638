/** WebSocket endpoints as routes: the public surface of the core. */

export type { BrowserEvents, CloseEvent, ErrorEvent, MessageEvent, OpenEvent } from './browser-events.ts'
export type { Clock, Timer } from './clock.ts'
export { ConnectionClosedError } from './closed-error.ts'
export { type BinaryType, type CloseResult, Connection, type SendOptions } from './connection.ts'
export type { ConnectionOptions, Limit, MessageRate, TopicOptions } from './connection-options.ts'
export type {
  BrokerEvent,
  BrokerGapEvent,
  CauseOfEnd,
  ChannelName,
  ClosedBy,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  DiagnosticsEvents,
  DrainBegunEvent,
  DrainEndedEvent,
  FramePassedEvent,
  HandlerErrorEvent,
  LimitEvent,
  MessagePassedEvent,
  OfConnection,
  PingEvent,
  PublishedEvent,
  RefusalReason,
  RoundTripEvent,
  TopicEvent,
  UpgradeBegunEvent,
  UpgradeRefusedEvent,
} from './diagnostics-events.ts'
export type { ConnectionEvents } from './events.ts'
export { handshakeSignal } from './handshake-signal.ts'
export type { Connections } from './hub.ts'
export type { LimitName, LimitsHit } from './limits.ts'
export type { Metrics, RouteMetrics, Tally, TimesTaken } from './metrics.ts'
export { type ObserveOptions, observe, type PassingChannelName } from './observe.ts'
export type {
  AppOptions,
  DrainOptions,
  Logger,
  OnError,
  Origins,
  Protocols,
  Reauthenticate,
  RouteOptions,
} from './options.ts'
export type { MessageData } from './payload.ts'
export { type PreparedMessage, prepare } from './prepared.ts'
export { CloseCode } from './protocol/close-code.ts'
export { ProtocolError, type ProtocolErrorCode } from './protocol/errors.ts'
export type { SendCallback } from './receipts.ts'
export { redactedHeaders, redactedUrl } from './redact.ts'
export type { Broker, BrokerSink } from './topics/broker.ts'
export { BrokerError, type BrokerErrorCode } from './topics/broker-error.ts'
export type { ListenOptions, TopicListener } from './topics/listener.ts'
export type {
  Degraded,
  Published,
  PublishOptions,
  Restored,
  SocketTopics,
  TopicCounts,
  TopicEvents,
  TopicGap,
  TopicState,
  TopicSubscription,
  Topics,
} from './topics/topics.ts'
export { createWebSockets, type NodeHandler, type NodeRouteOptions, type WebSockets } from './websockets.ts'
export type { DataFields, Predicate, Which } from './which.ts'
