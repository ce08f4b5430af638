import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { TopicGap } from '../../../src/topics/topics.ts'
import type { ClientLog, Delivery, Stay } from './account.ts'
import { type Notice, readStamp, type Wish } from './told.ts'

/** Of a subscription that is asked for: its stay, and whoever waits for the answer. */
interface Asked {
  readonly stay: Stay
  readonly answer: (isEverywhere: boolean) => void
}

/** One WebSocket that writes down all that it gets. */
export class ChaosClient implements ClientLog {
  readonly client: string
  readonly origin: string
  readonly socket: WebSocket
  readonly stays: Stay[] = []
  readonly deliveries: Delivery[] = []
  readonly gaps: TopicGap[] = []
  readonly uninvited: Delivery[] = []
  /** Fulfils with the code of the close. */
  readonly closed: Promise<number>
  /** Its last stay in each topic that it wants. */
  readonly wanted = new Map<string, Stay>()
  /** What it wanted when the connection ended. */
  topicsAtEnd: readonly string[] = []
  /** Topics that may still bring something, since the server has not said otherwise, by how often it was asked to stop. */
  readonly #leaving = new Map<string, number>()
  readonly #asked = new Map<number, Asked>()
  #number = 0

  private constructor(client: string, origin: string, url: string) {
    this.client = client
    this.origin = origin
    this.socket = new WebSocket(`${url}?client=${client}`, { perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => this.#onMessage(data.toString()))
    this.socket.on('error', () => undefined) // 'close' follows
    this.closed = once(this.socket, 'close').then(([code]) => this.#onClose(code as number))
  }

  /** `origin` is the name of the process at `url`. */
  static async open(client: string, origin: string, url: string): Promise<ChaosClient> {
    const one = new ChaosClient(client, origin, url)
    const failed = one.closed.then((code) => Promise.reject(new Error(`${client}: not opened (${code})`)))
    failed.catch(() => undefined)
    await Promise.race([once(one.socket, 'open'), failed])
    return one
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  /** Fulfils with what the server's `subscribe` does; with false when the connection ends before. */
  subscribe(topic: string): Promise<boolean> {
    const stay: Stay = { topic, since: Infinity, until: Infinity }
    this.stays.push(stay)
    this.wanted.set(topic, stay)
    return new Promise((answer) => {
      this.#asked.set(++this.#number, { stay, answer })
      this.#wish({ kind: 'subscribe', topic, stay: this.#number })
    })
  }

  unsubscribe(topic: string): void {
    const stay = this.wanted.get(topic)
    if (stay === undefined) return
    stay.until = Date.now()
    this.wanted.delete(topic)
    this.#leaving.set(topic, (this.#leaving.get(topic) ?? 0) + 1)
    this.#wish({ kind: 'unsubscribe', topic })
  }

  publish(topic: string, bytes = 0): void {
    this.#wish({ kind: 'publish', topic, bytes })
  }

  close(): Promise<number> {
    this.socket.close()
    return this.closed
  }

  #wish(wish: Wish): void {
    if (this.isOpen) this.socket.send(JSON.stringify(wish))
  }

  #onMessage(text: string): void {
    if (text.startsWith('{')) this.#onNotice(JSON.parse(text) as Notice)
    else this.#onDelivery({ ...readStamp(text), receivedAt: Date.now() })
  }

  #onNotice(notice: Notice): void {
    if (notice.kind === 'gap') this.gaps.push(notice.gap)
    else if (notice.kind === 'subscribed') this.#onSubscribed(notice)
    else this.#onUnsubscribed(notice.topic)
  }

  #onDelivery(delivery: Delivery): void {
    const { topic } = delivery
    this.deliveries.push(delivery)
    if (!this.wanted.has(topic) && !this.#leaving.has(topic)) this.uninvited.push(delivery)
  }

  #onSubscribed({ stay: number, at, isEverywhere }: Extract<Notice, { kind: 'subscribed' }>): void {
    const asked = this.#asked.get(number)
    this.#asked.delete(number)
    if (asked === undefined) return
    asked.stay.since = at
    asked.answer(isEverywhere)
  }

  #onUnsubscribed(topic: string): void {
    const left = (this.#leaving.get(topic) ?? 0) - 1
    if (left > 0) this.#leaving.set(topic, left)
    else this.#leaving.delete(topic)
  }

  #onClose(code: number): number {
    this.topicsAtEnd = [...this.wanted.keys()]
    for (const stay of this.wanted.values()) stay.until = Date.now()
    this.wanted.clear()
    for (const { answer } of this.#asked.values()) answer(false)
    return code
  }
}
