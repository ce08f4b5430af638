/**
 * A copy in memory of its own, for what may be kept for long: a view, and what comes from Node's pool (8 KiB, from Node 24
 * on 64), would keep all the memory around it alive.
 */
export function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
