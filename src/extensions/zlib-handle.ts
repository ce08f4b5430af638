import { AsyncResource } from 'node:async_hooks'
import { DeflateRaw, InflateRaw, type ZlibOptions } from 'node:zlib'

/** Of a stream of `node:zlib`, what it works with itself: the same in Node 20, 22, 24 and 26. */
interface Internals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void
    reset(): void
    onerror: (message: string, errno: number, code: string) => void
  }
  /** What the last write has left: output space, input bytes. */
  readonly _writeState: Uint32Array
  close(): void
}

/**
 * One zlib state, driven synchronously, and used for many messages: its stream would cost 80 to 190 us a message, a state
 * of its own 15 to 30; this takes 2 (inflate) to 10 (deflate). The only place that knows the inside of `node:zlib`.
 */
export class ZlibHandle {
  /** What zlib said when it failed. */
  fault: string | undefined = undefined
  readonly #stream: Internals
  #isClosed = false

  constructor(stream: Internals) {
    this.#stream = stream
    // In place of Node's own, which would destroy the stream. It must not throw.
    stream._handle.onerror = (message) => {
      this.fault = message
    }
  }

  /** How much output space the last write has left. */
  get outputLeft(): number {
    return this.#stream._writeState[0]
  }

  /** How much input it has left. */
  get inputLeft(): number {
    return this.#stream._writeState[1]
  }

  /** Works on `input[from, to)`, and puts what comes of it into `output[at, end)`. Returns false if zlib failed. */
  write(flush: number, input: Buffer, from: number, to: number, output: Buffer, at: number, end: number): boolean {
    if (this.#isClosed) throw new Error('this zlib state is closed') // Node would end the process
    this.#stream._handle.writeSync(flush, input, from, to - from, output, at, end - at)
    return this.fault === undefined
  }

  /** Forgets everything, also a fault. */
  reset(): void {
    this.fault = undefined
    this.#stream._handle.reset()
  }

  /** Gives its memory back. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stream.close()
  }
}

/** Its own output buffer is never used: 16 KiB unless one says otherwise. */
const SMALL = { chunkSize: 64 }

/** Made outside of whatever request asks for it first: else its AsyncLocalStorage would live as long as we do. */
export const deflateHandle: (options: ZlibOptions) => ZlibHandle = AsyncResource.bind((options: ZlibOptions) => {
  return new ZlibHandle(new DeflateRaw({ ...SMALL, ...options }) as unknown as Internals)
})

export const inflateHandle: () => ZlibHandle = AsyncResource.bind(() => {
  return new ZlibHandle(new InflateRaw(SMALL) as unknown as Internals)
})
