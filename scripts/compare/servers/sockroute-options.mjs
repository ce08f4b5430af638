import { MAX_BYTES, TIME_MS } from './settings.mjs'

export const OPTIONS = {
  maxMessageBytes: MAX_BYTES,
  compression: true,
  handshakeTimeoutMs: TIME_MS,
  closeTimeoutMs: TIME_MS,
  messageTimeoutMs: TIME_MS,
  pingIntervalMs: TIME_MS,
  pongTimeoutMs: TIME_MS,
  logger: { warn() {}, error() {} }, // what is logged is of no interest here
}
