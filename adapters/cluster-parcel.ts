import { costOf } from './broker-backlog.ts'

/** Many messages in one of the channel between two processes. */
export interface Parcel {
  readonly topics: readonly string[]
  readonly lengths: readonly number[]
  /** All envelopes, one behind the other; as base64 where the channel carries JSON. */
  readonly bytes: Uint8Array | string
}

/** Messages that leave together. */
export class Outgoing {
  readonly topics: string[] = []
  readonly envelopes: Uint8Array[] = []
  /** Of the envelopes. */
  size = 0
  /** Of all, in memory. */
  cost = 0

  add(topic: string, envelope: Uint8Array): number {
    this.size += envelope.length
    this.cost += costOf(topic, envelope)
    this.envelopes.push(envelope)
    return this.topics.push(topic) - 1
  }

  pack(isBinary: boolean): Parcel {
    const bytes = Buffer.concat(this.envelopes, this.size)
    const lengths = this.envelopes.map(({ length }) => length)
    return { topics: this.topics, lengths, bytes: isBinary ? bytes : bytes.toString('base64') }
  }
}

export function unpack({ topics, lengths, bytes }: Parcel, each: (topic: string, envelope: Buffer) => void): void {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : viewOf(bytes)
  let at = 0
  for (const [index, topic] of topics.entries()) {
    const end = at + lengths[index]
    each(topic, all.subarray(at, end))
    at = end
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}
