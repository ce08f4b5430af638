import { isUtf8 } from 'node:buffer'

/**
 * A message on its way between processes:
 *
 *     1 byte    version in the high half; flags in the low one
 *     8 bytes   the node that it comes from, made up at random when a process starts
 *     8 bytes   its number, by node and topic, big-endian
 *     the rest  the data
 */
export interface Envelope {
  /** Eight bytes, as latin1. */
  readonly node: string
  /** Rises by one with each message of a node on a topic. */
  readonly sequence: number
  /** The node knows of none before it, so this one's number says nothing of what was lost. */
  readonly isFirst: boolean
  readonly isBinary: boolean
  /** May be compressed for clients. */
  readonly compress: boolean
  /** For the process, and no message of a topic. */
  readonly isOrder: boolean
  readonly data: Buffer
}

export const NODE_BYTES = 8
export const HEADER_BYTES = 1 + NODE_BYTES + 8

const VERSION = 0x10
const BINARY = 1
const COMPRESS = 2
const FIRST = 4
const ORDER = 8
const KNOWN_FLAGS = BINARY | COMPRESS | FIRST | ORDER
const NODE_AT = 1
const SEQUENCE_AT = NODE_AT + NODE_BYTES
/** A half of the number, which is less than 2^53. */
const HALF = 2 ** 32

export function encodeEnvelope(envelope: Envelope): Buffer {
  const { node, sequence, isFirst, isBinary, compress, isOrder, data } = envelope
  const out = Buffer.allocUnsafe(HEADER_BYTES + data.length)
  const flags = (isBinary ? BINARY : 0) | (compress ? COMPRESS : 0) | (isFirst ? FIRST : 0) | (isOrder ? ORDER : 0)
  out[0] = VERSION | flags
  out.write(node, NODE_AT, 'latin1')
  out.writeUInt32BE(Math.floor(sequence / HALF), SEQUENCE_AT)
  out.writeUInt32BE(sequence % HALF, SEQUENCE_AT + 4)
  data.copy(out, HEADER_BYTES)
  return out
}

/** Returns undefined for what is none: somebody else's bytes, or a version that is not known here. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const [first] = buffer
  const sequence = buffer.readUInt32BE(SEQUENCE_AT) * HALF + buffer.readUInt32BE(SEQUENCE_AT + 4)
  const isKnown = (first & ~KNOWN_FLAGS) === VERSION && Number.isSafeInteger(sequence)
  const data = buffer.subarray(HEADER_BYTES)
  const isBinary = (first & BINARY) !== 0
  if (!isKnown || (!isBinary && !isUtf8(data))) return undefined
  return {
    node: buffer.toString('latin1', NODE_AT, SEQUENCE_AT),
    sequence,
    isFirst: (first & FIRST) !== 0,
    isBinary,
    compress: (first & COMPRESS) !== 0,
    isOrder: (first & ORDER) !== 0,
    data,
  }
}
