const BROKER_ERRORS = {
  BROKER_UNAVAILABLE: 'the broker cannot be reached: the message went to this process alone',
  BROKER_PAYLOAD_TOO_LARGE: 'the message is larger than the broker takes: it went to this process alone',
  BROKER_BACKLOG: 'the broker takes messages more slowly than they come: this one went to this process alone',
} as const

export type BrokerErrorCode = keyof typeof BROKER_ERRORS

/** Why a published message did not go to other processes. It is not kept for later: publish it again, if it still matters. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: BrokerErrorCode
  /** The sockets of this process that it was queued for all the same. */
  readonly local: number

  constructor(code: BrokerErrorCode, local: number, cause?: unknown) {
    super(BROKER_ERRORS[code], cause === undefined ? undefined : { cause })
    this.code = code
    this.local = local
  }
}
