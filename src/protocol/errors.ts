import { CloseCode } from './close-code.ts'

const PROTOCOL_ERRORS = {
  WS_RESERVED_BIT: [CloseCode.ProtocolError, 'a reserved bit is set'],
  WS_UNKNOWN_OPCODE: [CloseCode.ProtocolError, 'the opcode is reserved'],
  WS_UNMASKED: [CloseCode.ProtocolError, 'client frames must be masked'],
  WS_MASKED: [CloseCode.ProtocolError, 'server frames must not be masked'],
  WS_CONTROL_FRAGMENTED: [CloseCode.ProtocolError, 'control frames must not be fragmented'],
  WS_CONTROL_TOO_LONG: [CloseCode.ProtocolError, 'control frames carry at most 125 bytes'],
  WS_LENGTH_NOT_MINIMAL: [CloseCode.ProtocolError, 'the length is not in its shortest form'],
  WS_LENGTH_TOO_LARGE: [CloseCode.ProtocolError, 'the highest bit of the length is set'],
  WS_UNEXPECTED_CONTINUATION: [CloseCode.ProtocolError, 'a continuation frame without a message'],
  WS_EXPECTED_CONTINUATION: [CloseCode.ProtocolError, 'a new message inside an unfinished one'],
  WS_TOO_BIG: [CloseCode.MessageTooBig, 'message over the size limit'],
  WS_TOO_MANY_FRAGMENTS: [CloseCode.PolicyViolation, 'message in too many fragments'],
  WS_MESSAGE_RATE: [CloseCode.PolicyViolation, 'messages come faster than they may'],
  WS_MESSAGE_TIMEOUT: [CloseCode.PolicyViolation, 'message not finished in time'],
  WS_OVERLOADED: [CloseCode.TryAgainLater, 'no memory is left for this connection'],
  WS_BAD_UTF8: [CloseCode.InvalidPayload, 'text is not valid UTF-8'],
  WS_BAD_DEFLATE: [CloseCode.InvalidPayload, 'compressed data is broken'],
  WS_BAD_CLOSE_CODE: [CloseCode.ProtocolError, 'the close code is not one that may be sent'],
  WS_BAD_CLOSE_LENGTH: [CloseCode.ProtocolError, 'the close payload is half a code'],
  WS_BAD_CLOSE_REASON: [CloseCode.InvalidPayload, 'the close reason is not valid UTF-8'],
} as const satisfies Record<string, readonly [closeCode: number, sentence: string]>

export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS

/**
 * The peer broke the protocol. Thrown by everything in `src/protocol`,
 * caught in exactly one place: `Intake`, whose `Wire` then sends `closeCode` and ends.
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError'
  readonly code: ProtocolErrorCode
  readonly closeCode: number

  constructor(code: ProtocolErrorCode) {
    const [closeCode, sentence] = PROTOCOL_ERRORS[code]
    super(sentence)
    this.code = code
    this.closeCode = closeCode
  }
}
