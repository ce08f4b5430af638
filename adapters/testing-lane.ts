type Done = (error?: Error | null) => void

/** What Node reads from a socket at once. */
const READ_BYTES = 65_536
/** What the system takes for somebody who does not read: so little that backpressure is soon there to be tested. */
const BUFFER_BYTES = 65_536

/** Node's own, whatever a test puts in its place later. */
const immediate = setImmediate

/** Where a lane leads. */
export interface Reader {
  /** Takes what was read, null for the end, and says whether it wants more. */
  push(bytes: Buffer | null): boolean
  /** The connection has broken. */
  reset(): void
}

/** One direction of a connection in memory: what was written, and has not been read. */
export class Lane {
  #reader: Reader | undefined = undefined
  readonly #chunks: Buffer[] = []
  #bytes = 0
  /** Called when there is room for more to be written. */
  #onRoom: Done | undefined = undefined
  #isEnded = false
  #isEndRead = false
  /** Nobody reads any more. */
  #isShut = false
  #isHeld = false
  #wantsMore = true
  #isScheduled = false

  leadTo(reader: Reader): void {
    this.#reader = reader
  }

  /** Takes copies: a sender may use its memory again when it is told that it was written. */
  write(chunks: readonly Buffer[], done: Done): void {
    if (this.#isShut) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      return
    }
    for (const chunk of chunks) this.#add(Buffer.from(chunk))
    if (this.#bytes > BUFFER_BYTES) this.#onRoom = done
    else done()
    this.#schedule()
  }

  /** Nothing more is written. What was is read still. */
  end(): void {
    this.#isEnded = true
    this.#schedule()
  }

  /** It breaks: what has not arrived never does. */
  reset(): void {
    this.#reader?.reset()
  }

  /** The reader has gone. */
  shut(): void {
    this.#isShut = true
    this.#chunks.length = 0
    this.#bytes = 0
    this.#makeRoom()
  }

  /** The reader has taken what it was given. */
  readOn(): void {
    this.#wantsMore = true
    this.#schedule()
  }

  /** From now on nothing arrives: what is written waits, as much of it as the system takes. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#schedule()
  }

  #add(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  get #hasWork(): boolean {
    if (this.#isShut || this.#isHeld || !this.#wantsMore) return false
    return this.#bytes > 0 || (this.#isEnded && !this.#isEndRead)
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#hasWork) return
    this.#isScheduled = true
    immediate(() => {
      this.#isScheduled = false
      if (this.#hasWork) this.#read()
      this.#schedule()
    })
  }

  /** One read: all that is there, up to what a read brings; behind that the end. */
  #read(): void {
    if (this.#bytes === 0) {
      this.#isEndRead = true
      this.#reader?.push(null)
      return
    }
    this.#wantsMore = this.#reader?.push(this.#take()) === true
    if (this.#bytes <= BUFFER_BYTES) this.#makeRoom()
  }

  #take(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const taken = all.subarray(0, READ_BYTES)
    const rest = all.subarray(taken.length)
    this.#chunks.length = 0
    this.#bytes = 0
    this.#add(rest)
    return taken
  }

  #makeRoom(): void {
    const done = this.#onRoom
    this.#onRoom = undefined
    done?.()
  }
}
