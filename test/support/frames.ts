/** Client frames as data, so that a test can say of each what is right or wrong in it. */

import { naiveMask } from '../protocol/wire.ts'

export interface FrameSpec {
  /** FIN, the reserved bits and the opcode, as they stand in the first byte. RFC 6455 §5.2 */
  readonly first: number
  readonly payload: Buffer
  readonly key: number
  readonly masked?: boolean
  /** How many bits the length has; by default as few as it needs. */
  readonly lengthBits?: 7 | 16 | 64
  /** What the length says, where it is not the payload's. */
  readonly declared?: bigint
}

/** The bytes of a frame, built without the code under test. RFC 6455 §5.2 */
export function encode({ first, payload, key, masked = true, lengthBits, declared }: FrameSpec): Buffer {
  const length = declared ?? BigInt(payload.length)
  const size = lengthBits ?? (length < 126 ? 7 : length < 65_536 ? 16 : 64)
  const header = Buffer.alloc(size === 7 ? 2 : size === 16 ? 4 : 10)
  header[0] = first
  header[1] = (masked ? 0x80 : 0) | (size === 7 ? Number(length) : size === 16 ? 126 : 127)
  if (size === 16) header.writeUInt16BE(Number(length), 2)
  if (size === 64) header.writeBigUInt64BE(length, 2)
  if (!masked) return Buffer.concat([header, payload])
  const keyBytes = Buffer.alloc(4)
  keyBytes.writeInt32BE(key)
  return Buffer.concat([header, keyBytes, naiveMask(payload, keyBytes)])
}

export const isControl = ({ first }: FrameSpec): boolean => (first & 8) !== 0
export const isFinal = ({ first }: FrameSpec): boolean => first >= 0x80

/** An event, as all logs of these tests write it. */
export function event(name: string, payload: Buffer): string {
  return `${name} ${payload.toString('hex')}`
}

/** The events of right frames. RFC 6455 §5.4 */
export function eventsOf(frames: readonly FrameSpec[]): string[] {
  const events: string[] = []
  let parts: FrameSpec[] = []
  for (const frame of frames) {
    if (isControl(frame)) {
      events.push(controlEvent(frame))
      continue
    }
    parts.push(frame)
    if (!isFinal(frame)) continue
    const data = Buffer.concat(parts.map(({ payload }) => payload))
    events.push(event((parts[0].first & 15) === 1 ? 'text' : 'binary', data))
    parts = []
  }
  return events
}

function controlEvent({ first, payload }: FrameSpec): string {
  if ((first & 15) === 9) return event('ping', payload)
  if ((first & 15) === 10) return event('pong', payload)
  return closeEvent(payload.length === 0 ? 1005 : payload.readUInt16BE(0), payload.subarray(2))
}

export function closeEvent(code: number, reason: Buffer): string {
  return event(`close ${code}`, reason)
}
