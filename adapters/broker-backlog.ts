/** What a message costs while it is under way, beside its bytes and its topic. */
const MESSAGE_BYTES = 256
/** Of text in memory, at most: a peer may have chosen the topic. */
const CHARACTER_BYTES = 2

export const DEFAULT_BACKLOG_BYTES = 67_108_864

/** How much is under way to a broker. A line that carries nothing is noticed after a while; until then this is all that waits for it. */
export class Backlog {
  readonly #name: string
  readonly #maxBytes: number
  #bytes = 0

  constructor(name: string, maxBytes: number = DEFAULT_BACKLOG_BYTES) {
    this.#name = name
    this.#maxBytes = maxBytes
  }

  /** Returns what `leave` is told. Throws when it is full. */
  enter(topic: string, envelope: Uint8Array): number {
    if (this.#bytes >= this.#maxBytes)
      throw new Error(`${this.#name}: ${this.#bytes} bytes wait for the broker already`)
    const cost = costOf(topic, envelope)
    this.#bytes += cost
    return cost
  }

  leave(cost: number): void {
    this.#bytes -= cost
  }
}

/** What a message takes in memory, about. */
export function costOf(topic: string, envelope: Uint8Array): number {
  return envelope.length + CHARACTER_BYTES * topic.length + MESSAGE_BYTES
}
