import { randomFillSync } from 'node:crypto'

const KEY_BYTES = 4
/** So much is asked for at once: a call for one key takes far longer than the key. */
const block = Buffer.allocUnsafeSlow(8_192)
let used = block.length

/**
 * A fresh masking key that nobody can foresee, its first byte in the lowest bits: else who chooses what a page sends would
 * choose what it looks like to the machines on the way. RFC 6455 §5.3, §10.3
 */
export function maskingKey(): number {
  if (used === block.length) {
    randomFillSync(block)
    used = 0
  }
  used += KEY_BYTES
  return block.readInt32LE(used - KEY_BYTES)
}
