import type { Clock, Timer } from './clock.ts'
import type { MessageRate } from './connection-options.ts'
import { ProtocolError } from './protocol/errors.ts'
import { Rate } from './rate.ts'

/** Holds one peer to its message rate: what comes faster is not read for a while, or ends the connection. */
export class Throttle {
  readonly #rate: Rate
  readonly #closes: boolean
  readonly #clock: Clock
  readonly #onOver: () => void
  #timer: Timer | undefined = undefined

  /** `onOver` is called when what was held may go on. */
  constructor(limits: MessageRate, clock: Clock, onOver: () => void) {
    const { messagesPerSecond = Infinity, bytesPerSecond = Infinity, burstSeconds = 1, atLimit } = limits
    this.#rate = new Rate({ messagesPerSecond, bytesPerSecond, burstSeconds }, clock.now())
    this.#closes = atLimit === 'close'
    this.#clock = clock
    this.#onOver = onOver
  }

  /** Nothing more is to be read for now. */
  get isHolding(): boolean {
    return this.#timer !== undefined
  }

  onBytes(count: number): void {
    this.#rate.addBytes(count, this.#clock.now())
  }

  /** Also for a ping or a pong. @throws ProtocolError where that ends the connection */
  onMessage(): void {
    this.#rate.addMessage(this.#clock.now())
    if (this.#closes && this.#rate.isExceeded) throw new ProtocolError('WS_MESSAGE_RATE')
  }

  /** What was just counted is the last for now: `hold` will begin. */
  get isDue(): boolean {
    return this.#waitMs > 0
  }

  /** Begins to hold, if there is a reason. Returns whether that is new. */
  hold(): boolean {
    const waitMs = this.#waitMs
    if (waitMs === 0 || this.isHolding) return false
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#onOver()
    }, Math.ceil(waitMs))
    return true
  }

  get #waitMs(): number {
    return this.#closes ? 0 : this.#rate.waitMs(this.#clock.now())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
