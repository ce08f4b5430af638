/** Why a message could not be sent: the connection is closing or closed. No misuse, since the peer may close first. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError'
  readonly code = 'WS_CLOSED'

  constructor(closeCode?: number) {
    super(
      `the WebSocket is ${closeCode === undefined ? 'closing' : `closed (${closeCode})`}: nothing can be sent any more`,
    )
  }
}
