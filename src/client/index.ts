/** A client on the same core: `sockroute/client` in Node. */

export { ConnectionClosedError } from '../closed-error.ts'
export type { BinaryType, CloseResult, SendOptions } from '../connection.ts'
export { CloseCode } from '../protocol/close-code.ts'
export { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts'
export type { ClientOptions, TransportOptions } from './client-options.ts'
export { connect } from './connect.ts'
export { type Answer, HandshakeError } from './handshake-error.ts'
export { type ClientEvents, WebSocket } from './web-socket.ts'
