import type { UnderWay } from './under-way.ts'

/** What is unsent so shortly after a ping, as a part of its time-out, is the ping itself. */
const OWN_PING = 1 / 20

/** What a beat of the heart asks for. */
export type PulseAction = 'none' | 'ping' | 'dead'

/**
 * Whether the peer of one connection still lives. Any byte from it is life; after `pingIntervalMs` of silence it is
 * pinged, and then has `pongTimeoutMs` to be heard, from when a slow link has brought it what lies before the ping. Times
 * are the heartbeat's.
 */
export class Pulse {
  /** The last round trip, in milliseconds of the clock; undefined before the first. */
  rtt: number | undefined = undefined
  readonly #intervalMs: number
  readonly #timeoutMs: number
  readonly #underWay: UnderWay
  #heardAt: number
  /** How much silence the next ping waits for: at first a random part of the interval, so that pings do not come in bursts. */
  #silenceMs: number
  /** When the first ping went out that waits for an answer; -1 where none does. */
  #pingedAt = -1
  #lastPingAt = -1
  /** When the ping may be expected to have arrived. */
  #arrivesAt = 0
  /** What was written before it. */
  #mark = 0
  /** How many pings there were; each carries its number. */
  #count = 0
  /** By the clock; undefined where no pong is awaited. */
  #sentAt: number | undefined = undefined

  constructor(intervalMs: number, timeoutMs: number, underWay: UnderWay, now: number) {
    this.#intervalMs = intervalMs
    this.#timeoutMs = timeoutMs
    this.#underWay = underWay
    this.#heardAt = now
    this.#silenceMs = Math.ceil(intervalMs * (0.5 + Math.random() / 2))
  }

  /** If nothing is heard before; in the past while an answer is awaited. */
  get nextPingAt(): number {
    return this.#pingedAt >= 0 ? 0 : this.#heardAt + this.#silenceMs
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  /**
   * `canSpeak`: nothing of ours lies in front of a ping. `canHear`: we are reading. Where either is false no silence is
   * the peer's fault, and no clock runs against it; a ping goes out all the same while it can, since writing is how
   * one notices that a transport is gone.
   */
  beat(now: number, canSpeak: boolean, canHear: boolean): PulseAction {
    const arrivesAt = Math.max(now, this.#underWay.until(now))
    if (!canSpeak && this.#pingedAt >= 0 && now - this.#lastPingAt <= this.#timeoutMs * OWN_PING) return 'none'
    if (!canSpeak) this.#heardAt = now
    if (!canSpeak || !canHear) this.#pingedAt = -1
    if (this.#pingedAt >= 0) {
      if (this.#heardAt < this.#pingedAt) return this.#await(now)
      this.#pingedAt = -1
    }
    if (now - this.#heardAt < this.#silenceMs) return 'none'
    this.#silenceMs = this.#intervalMs
    if (canHear) this.#pingedAt = now
    else this.#heardAt = now
    this.#lastPingAt = now
    this.#arrivesAt = Math.max(arrivesAt, this.#heardAt + this.#intervalMs) // the first ping may come early
    return 'ping'
  }

  /** While a ping is on its long way others follow it: proxies cut connections on which nobody speaks. */
  #await(now: number): PulseAction {
    if (now - this.#arrivesAt >= this.#timeoutMs) return 'dead'
    if (now - this.#lastPingAt < this.#intervalMs) return 'none'
    this.#lastPingAt = now
    return 'ping'
  }

  /** The payload of the next ping: its number. `clockNow` is finer than the heartbeat's time. */
  ping(clockNow: number): Buffer {
    this.#count = (this.#count + 1) >>> 0
    this.#sentAt = clockNow
    this.#mark = this.#underWay.mark
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#count)
    return payload
  }

  /** A pong came; if it is the last ping's, the round trip is known, and returned. RFC 6455 §5.5.3 */
  pong(payload: Buffer, clockNow: number): number | undefined {
    if (this.#sentAt === undefined || payload.length !== 4 || payload.readUInt32BE(0) !== this.#count) return undefined
    this.rtt = clockNow - this.#sentAt
    this.#underWay.arrived(this.#mark, this.#heardAt)
    this.#sentAt = undefined
    return this.rtt
  }
}
