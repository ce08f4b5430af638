import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Connection } from './connection.ts'
import type { LimitName } from './limits.ts'
import type { ProtocolErrorCode } from './protocol/errors.ts'

/**
 * Why a handshake became no connection: what is wrong with it (`handshake`), the limit that it met, the app's end, the
 * client's leaving, or what the app itself replied (`app`: a hook, middleware, or that there is no such route).
 */
export type RefusalReason =
  | 'handshake'
  | 'origins'
  | 'maxHeaderFields'
  | 'maxConnections'
  | 'maxConnectionsPerAddress'
  | 'maxConnectionsPerHttp2Session'
  | 'maxPendingHandshakes'
  | 'handshakeTimeoutMs'
  | 'shutdown'
  | 'left'
  | 'app'

/**
 * Who began a connection's end: the peer, by a close frame or by breaking the protocol; the application; a limit; the app's shutdown;
 * or nobody, and the transport ended.
 */
export type ClosedBy = 'peer' | 'app' | 'limit' | 'shutdown' | 'network'

/** The limit that was reached, the rule that the peer broke, or the option whose function has said no. */
export type CauseOfEnd = LimitName | ProtocolErrorCode | 'reauthenticate'

/** Which connection, as the channels of open connections tell it. */
export interface OfConnection {
  readonly connection: Connection
  /** As the framework writes it, such as '/chat/:room'; '' where there is none, and for clients. */
  readonly route: string
}

/** An upgrade request for a WebSocket has come, and its turn: the app's chain runs next. */
export interface UpgradeBegunEvent {
  readonly request: IncomingMessage
}

/** The handshake is answered by something other than 101, or by nothing: nothing was upgraded. */
export interface UpgradeRefusedEvent {
  readonly request: IncomingMessage
  readonly route: string
  /** What was answered; undefined where the client had left before, or a 'wsClientError' listener of `sockroute/ws` answers. */
  readonly status: number | undefined
  readonly reason: RefusalReason
  readonly durationMs: number
}

/** The 101 is out; the route's handler is called next. */
export interface ConnectionOpenedEvent extends OfConnection {
  /** That of 'sockroute:upgrade:begun'. */
  readonly request: IncomingMessage
  /** Of the 101, as they were set; Node adds the date. */
  readonly responseHeaders: OutgoingHttpHeaders
  /** From the complete headers to the 101, in milliseconds, hooks included. */
  readonly handshakeMs: number
}

/** The transport is gone. Messages that came before may still be on their way to their handler. */
export interface ConnectionClosedEvent extends OfConnection {
  /** As the peer sent it; 1005 for none, 1006 where there was no closing handshake. RFC 6455 §7.1.5 */
  readonly code: number
  /** As the peer sent it. */
  readonly reason: string
  /** The code of our own close frame, if there was one, and it was ours to choose. */
  readonly sentCode: number | undefined
  readonly closedBy: ClosedBy
  readonly cause: CauseOfEnd | undefined
  readonly durationMs: number
  /** Bytes of the transport since the 101, frames' headers included. */
  readonly bytesReceived: number
  /** The same, as far as the transport has reported them as written. */
  readonly bytesSent: number
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Most bytes that were unsent at one time. */
  readonly highestBacklogBytes: number
}

/** A frame on its way, in wire order: a received one before it is acted upon, a sent one when it is queued. RFC 6455 §5.2 */
export interface FramePassedEvent extends OfConnection {
  readonly direction: 'in' | 'out'
  readonly fin: boolean
  /** The first frame of a compressed message. RFC 7692 §6 */
  readonly rsv1: boolean
  readonly opcode: number
  /** On the wire: a client's frames are. RFC 6455 §5.3 */
  readonly masked: boolean
  /** As the header says: of a compressed message its compressed bytes. */
  readonly payloadLength: number
  /** Unmasked, and not inflated. The application's own memory: not to be kept, and not to be written to. */
  readonly payload: Buffer
}

/** A whole message: a received one before the application has it, a sent one when its last frame is queued. */
export interface MessagePassedEvent extends OfConnection {
  readonly direction: 'in' | 'out'
  readonly isBinary: boolean
  /** As the application has it. */
  readonly byteLength: number
  /** Of its frames' payloads together: less than `byteLength` where it is compressed. */
  readonly wireLength: number
  /** Not to be kept, and not to be written to. Undefined for one that the application sends in parts. */
  readonly data: Buffer | undefined
}

/** The heartbeat has sent a ping. Others are seen as frames. */
export interface PingEvent extends OfConnection {}

/** The heartbeat's ping was answered. */
export interface RoundTripEvent extends OfConnection {
  readonly rttMs: number
}

/** A limit was reached; what then happens is in docs/limits.md. */
export interface LimitEvent {
  readonly limit: LimitName
  /** Undefined for a limit that is no connection's. */
  readonly connection: Connection | undefined
  readonly route: string
}

/** Something that a handler or a listener threw, or its promise rejected with. */
export interface HandlerErrorEvent extends OfConnection {
  readonly error: unknown
}

/** An app, or one of its servers, ends what it has; told where there is anything to end. */
export interface DrainBegunEvent {
  readonly connections: number
  readonly handshakes: number
}

export interface DrainEndedEvent extends DrainBegunEvent {
  readonly durationMs: number
}

/** `connection` is undefined where the process itself listens. */
export interface TopicEvent {
  readonly topic: string
  readonly connection: Connection | undefined
}

export interface PublishedEvent {
  readonly topic: string
  readonly byteLength: number
  /** For how many sockets of this process it was queued. */
  readonly delivered: number
}

/** The broker cannot be reached, or is there again. */
export interface BrokerEvent {
  readonly broker: string
  readonly reason: string
}

/** Messages of other processes were lost, on one topic. */
export interface BrokerGapEvent {
  readonly broker: string
  readonly topic: string
}

/** What each of the channels tells, by the channel's name. They are the process's: all apps' events come on them. */
export interface DiagnosticsEvents {
  'sockroute:upgrade:begun': UpgradeBegunEvent
  'sockroute:upgrade:refused': UpgradeRefusedEvent
  'sockroute:connection:opened': ConnectionOpenedEvent
  'sockroute:connection:closed': ConnectionClosedEvent
  'sockroute:frame': FramePassedEvent
  'sockroute:message': MessagePassedEvent
  'sockroute:ping': PingEvent
  'sockroute:rtt': RoundTripEvent
  'sockroute:limit': LimitEvent
  'sockroute:handler:error': HandlerErrorEvent
  'sockroute:drain:begun': DrainBegunEvent
  'sockroute:drain:ended': DrainEndedEvent
  'sockroute:topic:subscribed': TopicEvent
  'sockroute:topic:unsubscribed': TopicEvent
  'sockroute:topic:published': PublishedEvent
  'sockroute:broker:degraded': BrokerEvent
  'sockroute:broker:restored': BrokerEvent
  'sockroute:broker:gap': BrokerGapEvent
}

export type ChannelName = keyof DiagnosticsEvents
