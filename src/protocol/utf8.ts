import { isUtf8 } from 'node:buffer'

/**
 * Checks UTF-8 that arrives in parts cut anywhere. `isUtf8` does all but the sequences that a cut goes through; those
 * are followed byte by byte, so that the first byte that cannot be right is refused when it comes. RFC 3629 §4
 */
export class Utf8Check {
  /** Continuation bytes that the sequence under way still needs. */
  #missing = 0
  /** What its next byte may be: this is where overlong forms, surrogates and over U+10FFFF are refused. */
  #low = 0x80
  #high = 0xbf

  /** False when `part` cannot stand here; after that it is of no use any more. */
  push(part: Buffer): boolean {
    const { length } = part
    let at = 0
    for (; this.#missing > 0 && at < length; at++) if (!this.#continue(part[at])) return false
    const cut = cutSequence(part, at)
    if (cut > at && !isUtf8(at === 0 && cut === length ? part : part.subarray(at, cut))) return false
    if (cut === length) return true
    if (!this.#lead(part[cut])) return false
    for (at = cut + 1; at < length; at++) if (!this.#continue(part[at])) return false
    return true
  }

  /** False when the text stops inside a sequence. */
  end(): boolean {
    return this.#missing === 0
  }

  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false
    this.#missing = sequenceLength(byte) - 1
    if (byte === 0xe0) this.#low = 0xa0
    if (byte === 0xf0) this.#low = 0x90
    if (byte === 0xed) this.#high = 0x9f
    if (byte === 0xf4) this.#high = 0x8f
    return true
  }

  #continue(byte: number): boolean {
    if (byte < this.#low || byte > this.#high) return false
    this.#missing--
    this.#low = 0x80
    this.#high = 0xbf
    return true
  }
}

/** Where the sequence begins that goes on after `part`, or its end if there is none. It has three bytes at most. */
function cutSequence(part: Buffer, from: number): number {
  const { length } = part
  for (let at = length - 1; at >= from && at >= length - 3; at--) {
    if (part[at] < 0x80) return length
    if (part[at] >= 0xc0) return length - at < sequenceLength(part[at]) ? at : length
  }
  return length
}

/** As the first byte declares it; whether it may be a first byte at all is another question. */
function sequenceLength(lead: number): number {
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}
