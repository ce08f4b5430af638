/**
 * The adapter kit: all that an adapter needs to make a framework's routes WebSocket endpoints. An adapter says how the
 * framework routes; everything else is here.
 *
 *     const hub = new Hub(options, logger)                // one per app
 *     Dispatcher.of(server).add({ hub, route })           // one per server; `route` runs the framework's chain
 *
 * and in a route, where `upgradeOf(request)` says that the request is an upgrade under way:
 *
 *     upgrade.check(settings, { host, addressOf })        // first: the handshake's syntax, its origin, a place for it
 *     upgrade.accept(handler, request)                    // last: puts the 101 on the response, which then is ended
 *
 * Both return a refusal to reply with, or undefined. What fails behind the 101 goes to `upgrade.fail(error)`.
 */
export { attempt } from './attempt.ts'
export type { Clock, Timer } from './clock.ts'
export { closeWords } from './close-words.ts'
export type { Connection, SendOptions } from './connection.ts'
export type { RequestLog } from './connection-log.ts'
export type { RouteSettings } from './defaults.ts'
export { DEFAULTS } from './defaults.ts'
export type {
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  FramePassedEvent,
  MessagePassedEvent,
  UpgradeRefusedEvent,
} from './diagnostics-events.ts'
export { Dispatcher, type Target } from './dispatcher.ts'
export { type ConnectionFigures, figuresOf } from './figures.ts'
export { type AnyHttp2Server, acceptHttp2, isHttp2Server } from './http2/accept.ts'
export { type Connections, Hub } from './hub.ts'
export type { Metrics, RouteMetrics, TimesTaken } from './metrics.ts'
export { type ObserveOptions, observe } from './observe.ts'
export { checkOptions, flag, type Rule, whole } from './option-rules.ts'
export type { AppOptions, DrainOptions, Logger, OnError, RouteOptions } from './options.ts'
export type { MessageData } from './payload.ts'
export { type PreparedMessage, prepare } from './prepared.ts'
export { EXPRESS_HUB, FASTIFY_AROUND } from './process-wide.ts'
export type { HandshakeRefusal as Refusal } from './protocol/handshake.ts'
export { isWebSocketUpgrade } from './protocol/handshake.ts'
export type { SendCallback } from './receipts.ts'
export { redactedHeaders, redactedUrl } from './redact.ts'
export { FAILED, refusalHeaders, UNAVAILABLE, writeRefusal } from './refusal.ts'
export { refusalWords } from './refusal-words.ts'
export { responder } from './responder.ts'
export { inherit, routeOptions } from './settings.ts'
export { isThenable } from './thenable.ts'
export type { Broker, BrokerSink } from './topics/broker.ts'
export { Upgrade } from './upgrade.ts'
export { upgradeOf } from './upgrades.ts'
export { type AppVerbs, checkHandler, withVerbs } from './verbs.ts'
