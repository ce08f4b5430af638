/** What a message costs while it is under way, beside its bytes. */
const MESSAGE_BYTES = 256

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

  /** Throws when it is full. */
  enter({ length }: Uint8Array): void {
    if (this.#bytes >= this.#maxBytes)
      throw new Error(`${this.#name}: ${this.#bytes} bytes wait for the broker already`)
    this.#bytes += length + MESSAGE_BYTES
  }

  leave({ length }: Uint8Array): void {
    this.#bytes -= length + MESSAGE_BYTES
  }
}
