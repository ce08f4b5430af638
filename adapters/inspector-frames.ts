import { type Clock, type Connection, type FramePassedEvent, type MessagePassedEvent, observe } from '../src/adapter.ts'
import type { Frame, FrameMessage, Frames } from './inspector-messages.ts'

/** They go to the page together. */
const GATHER_MS = 100
const START_BYTES = 64
const CLOSE = 8

export interface FrameWatchOptions {
  readonly clock: Clock
  readonly showPayloads: boolean
  readonly maxFramesPerSecond: number
  /** Returns false where the page has no room for it. */
  readonly tell: (frames: Frames) => boolean
}

/** The frames of one connection on their way to a page: as many a second as may be, and how many more there were. */
export class FrameWatch {
  readonly id: number
  readonly #options: FrameWatchOptions
  readonly #stops: readonly (() => void)[]
  /** Both by the clock, at the same moment. */
  readonly #began: { readonly now: number; readonly today: number }
  #seq = 0
  #frames: Frame[] = []
  #messages: FrameMessage[] = []
  #skipped = 0
  /** Of a second that began then, so many are left. */
  #secondAt: number
  #left: number
  /** The last frame with data, each way: a message ends with it. Undefined where it was skipped. */
  readonly #last: Record<'in' | 'out', Frame | undefined> = { in: undefined, out: undefined }
  #isWaiting = false
  #isStopped = false

  constructor(connection: Connection<unknown>, id: number, options: FrameWatchOptions) {
    const { clock } = options
    this.id = id
    this.#options = options
    this.#began = { now: clock.now(), today: clock.today() }
    this.#secondAt = this.#began.now
    this.#left = options.maxFramesPerSecond
    this.#stops = [
      observe('sockroute:frame', (event) => this.#onFrame(event), { connection }),
      observe('sockroute:message', (event) => this.#onMessage(event), { connection }),
    ]
  }

  stop(): void {
    this.#isStopped = true
    for (const stop of this.#stops) stop()
  }

  #onFrame(event: FramePassedEvent): void {
    const seq = this.#seq++
    const now = this.#options.clock.now()
    const isTold = this.#takePlace(now)
    if (event.opcode < CLOSE) this.#last[event.direction] = undefined
    this.#wait()
    if (!isTold) return
    const frame = this.#frameOf(event, seq, this.#began.today + now - this.#began.now)
    if (event.opcode < CLOSE) this.#last[event.direction] = frame
    this.#frames.push(frame)
  }

  #onMessage({ direction, isBinary, byteLength, wireLength, data }: MessagePassedEvent): void {
    const last = this.#last[direction]
    if (last === undefined || (last.opcode !== 0 && byteLength === wireLength)) return // the frame says it all
    const start = this.#startOf(data)
    this.#messages.push({ seq: last.seq, isBinary, byteLength, wireLength, start })
    this.#wait()
  }

  #frameOf(event: FramePassedEvent, seq: number, at: number): Frame {
    const { direction, fin, rsv1, opcode, masked, payloadLength, payload } = event
    const closeCode = opcode === CLOSE && payload.length >= 2 ? payload.readUInt16BE() : undefined
    const start = this.#startOf(payload)
    return { seq, at, direction, fin, rsv1, opcode, masked, payloadLength, closeCode, start }
  }

  #startOf(data: Buffer | undefined): string | undefined {
    return this.#options.showPayloads ? data?.toString('hex', 0, START_BYTES) : undefined
  }

  #takePlace(now: number): boolean {
    if (now - this.#secondAt >= 1_000) {
      this.#secondAt = now
      this.#left = this.#options.maxFramesPerSecond
    }
    if (this.#left-- > 0) return true
    this.#skipped++
    return false
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#options.clock.setTimeout(() => this.#flush(), GATHER_MS)
  }

  #flush(): void {
    this.#isWaiting = false
    if (this.#isStopped) return
    const [frames, messages, skipped] = [this.#frames, this.#messages, this.#skipped]
    this.#frames = []
    this.#messages = []
    this.#skipped = 0
    if (this.#options.tell({ type: 'frames', id: this.id, frames, messages, skipped })) return
    this.#skipped = skipped + frames.length
  }
}
