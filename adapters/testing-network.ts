import type { MemoryPair } from './testing-transport.ts'

/** What befalls a connection in production: done to it by its test. */
export class TestNetwork {
  readonly #pair: MemoryPair

  constructor(pair: MemoryPair) {
    this.#pair = pair
  }

  /**
   * From now on nothing arrives, in either direction, and nobody is told: a phone in a tunnel, a peer that hangs. Up to 64 KiB
   * each way wait on their way, as systems buffer them; a server that sends more than that has it unsent.
   */
  hold(): void {
    this.#pair.up.hold()
    this.#pair.down.hold()
  }

  /** What was held arrives, and all that follows. */
  release(): void {
    this.#pair.up.release()
    this.#pair.down.release()
  }

  /** The connection breaks: both sides get ECONNRESET. */
  reset(): void {
    this.#pair.up.reset()
    this.#pair.down.reset()
  }

  /** The client leaves without a close frame: its FIN, behind what it has sent. */
  end(): void {
    this.#pair.client.end()
  }

  /**
   * Sends bytes as they are, behind what the client has sent: what no client of ours would.
   * @throws TypeError for what are no bytes; Error on a connection that has ended
   */
  write(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError('network.write() takes the bytes of frames: Buffer.from("c18000000000", "hex")')
    }
    if (!this.#pair.client.writable) throw new Error('nothing can be written: the connection has ended')
    this.#pair.client.write(bytes)
  }
}
