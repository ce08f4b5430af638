import { Duplex } from 'node:stream'

type Done = (error?: Error | null) => void

/** What Node reads from a socket at once. */
const PORTION_BYTES = 65_536

interface Write {
  readonly chunks: Buffer[]
  readonly done: Done
}

/** One end of a connection in memory. What is written here is read at the other end, as far as that reads. */
export class End extends Duplex {
  /** Every write that reached the "kernel": the buffers as they were passed, several where they came in one call. */
  readonly writes: Buffer[][] = []
  #other: End | undefined
  #isHeld = false
  #held: Write[] = []
  /** Continues the other end's write, when this one reads again. */
  #onRead: (() => void) | undefined

  constructor() {
    super({ allowHalfOpen: true })
  }

  join(other: End): void {
    this.#other = other
  }

  get writtenBytes(): number {
    return this.writes.flat().reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** From now on the network takes nothing from this end: writes stay unfinished. */
  hold(): void {
    this.#isHeld = true
  }

  /** The network takes what it held, and everything from now on. */
  release(): void {
    this.#isHeld = false
    while (this.releaseOne());
  }

  /** It takes the oldest write that it holds. Returns false where there is none. */
  releaseOne(): boolean {
    const write = this.#held.shift()
    if (write !== undefined) this.#transfer(write)
    return write !== undefined
  }

  /** This end vanishes with a RST. */
  reset(): void {
    this.#other?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    this.destroy()
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#accept({ chunks: [chunk], done })
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#accept({ chunks: chunks.map(({ chunk }) => chunk), done })
  }

  override _read(): void {
    const onRead = this.#onRead
    this.#onRead = undefined
    onRead?.()
  }

  override _final(done: Done): void {
    this.#other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    const held = this.#held.splice(0)
    for (const write of held) write.done(null) // as Node's sockets do it: a write that was cut off ends without an error
    if (this.#other?.readableEnded === false && !this.#other.destroyed) this.#other.push(null)
    this._read()
    done(error)
  }

  #accept(write: Write): void {
    this.writes.push(write.chunks)
    if (this.#isHeld) this.#held.push(write)
    else this.#transfer(write)
  }

  #transfer({ chunks, done }: Write): void {
    this.#push(Buffer.concat(chunks), done)
  }

  /** In portions such as a kernel hands out, and only as long as the other end reads. */
  #push(bytes: Buffer, done: Done): void {
    const other = this.#other
    for (let at = 0; ; at += PORTION_BYTES) {
      if (other === undefined || other.destroyed) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
        return
      }
      const mayGoOn = other.push(bytes.subarray(at, at + PORTION_BYTES))
      const isLast = at + PORTION_BYTES >= bytes.length
      if (!mayGoOn) other.#onRead = () => (isLast ? done() : this.#push(bytes.subarray(at + PORTION_BYTES), done))
      else if (isLast) done()
      if (!mayGoOn || isLast) return
    }
  }
}

/** Two ends of a connection in memory. */
export function pair(): [End, End] {
  const [a, b] = [new End(), new End()]
  a.join(b)
  b.join(a)
  return [a, b]
}
