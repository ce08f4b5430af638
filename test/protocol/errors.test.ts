import t from 'tap'
import { ProtocolError, type ProtocolErrorCode } from '../../src/protocol/errors.ts'

const closeCodes: Record<ProtocolErrorCode, number> = {
  WS_RESERVED_BIT: 1002,
  WS_UNKNOWN_OPCODE: 1002,
  WS_UNMASKED: 1002,
  WS_MASKED: 1002,
  WS_CONTROL_FRAGMENTED: 1002,
  WS_CONTROL_TOO_LONG: 1002,
  WS_LENGTH_NOT_MINIMAL: 1002,
  WS_LENGTH_TOO_LARGE: 1002,
  WS_UNEXPECTED_CONTINUATION: 1002,
  WS_EXPECTED_CONTINUATION: 1002,
  WS_TOO_BIG: 1009,
  WS_TOO_MANY_FRAGMENTS: 1008,
  WS_MESSAGE_RATE: 1008,
  WS_MESSAGE_TIMEOUT: 1008,
  WS_OVERLOADED: 1013,
  WS_BAD_UTF8: 1007,
  WS_BAD_DEFLATE: 1007,
  WS_BAD_CLOSE_CODE: 1002,
  WS_BAD_CLOSE_LENGTH: 1002,
  WS_BAD_CLOSE_REASON: 1007,
}

t.test('§7.4.1 every error has its close code, and a sentence that fits into a close frame', async (t) => {
  for (const code of Object.keys(closeCodes) as ProtocolErrorCode[]) {
    const error = new ProtocolError(code)
    t.match(error, { name: 'ProtocolError', code, closeCode: closeCodes[code] }, code)
    t.ok(error.message.length > 0 && Buffer.byteLength(error.message) <= 123, error.message)
  }
})

t.test('it is an Error', async (t) => t.ok(new ProtocolError('WS_TOO_BIG') instanceof Error))
