/**
 * A copy in memory of its own, for what may be kept for long: a view, and what comes from Node's pool (8 KiB, from Node 24
 * on 64), would keep all the memory around it alive.
 */
export function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** What V8 cuts out of a string copies fewer characters than these, and of more refers to the string. */
const SLICED_FROM = 13

/** The same of a text: one that was cut out of a message would keep all of the message alive. Costs 130 ns from 13 characters on. */
export function ownText(text: string): string {
  return text.length < SLICED_FROM ? text : Buffer.from(text).toString()
}
