/** What the inspector's page is told of frames. Types only. */

/** What has passed through the picked connection. */
export interface Frames {
  readonly type: 'frames'
  readonly id: number
  readonly frames: readonly Frame[]
  /** Of frames in this message or an earlier one. */
  readonly messages: readonly FrameMessage[]
  /** Passed as well, and too many to be told. */
  readonly skipped: number
}

/** RFC 6455 §5.2 */
export interface Frame {
  /** Counts all frames since the connection was picked, those that are skipped, too. */
  readonly seq: number
  /** Milliseconds since 1970, by the server, with their fraction. */
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly fin: boolean
  readonly rsv1: boolean
  readonly opcode: number
  readonly masked: boolean
  readonly payloadLength: number
  /** Of a close frame. RFC 6455 §5.5.1 */
  readonly closeCode?: number
  /** The first bytes of the payload in hexadecimal digits, unmasked and not inflated; only with `showPayloads`. */
  readonly start?: string
}

/** A message that ended with a frame: where it had several, or was compressed. */
export interface FrameMessage {
  readonly seq: number
  readonly isBinary: boolean
  readonly byteLength: number
  readonly wireLength: number
  /** Its first bytes, inflated; only with `showPayloads`. */
  readonly start?: string
}
