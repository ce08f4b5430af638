// The bytes of a workload's message, made once.
import { constants, deflateRawSync } from 'node:zlib'
import { BINARY, frame, TEXT } from '../../scripts/raw/frame.mjs'
import { isText, payloadOf } from '../payload.mjs'

const RSV1 = 0x40

export function messageOf(workload) {
  const payload = payloadOf(workload.payload)
  const opcode = isText(workload.payload) ? TEXT : BINARY
  const isCompressed = workload.isCompressed === true
  return {
    payload,
    isText: opcode === TEXT,
    isCompressed,
    frame: isCompressed ? deflated(opcode, payload) : frame(opcode, payload),
  }
}

/** RFC 7692 §7.2.1 */
function deflated(opcode, payload) {
  const data = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return frame(opcode, data, { rsv: RSV1 })
}

/** So many times the same frame in a row, for one write. */
export function batchOf(frame, count) {
  return Buffer.concat(Array.from({ length: count }, () => frame))
}
