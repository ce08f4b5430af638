import { connect, type NatsConnection, type NodeConnectionOptions, type Subscription } from '@nats-io/transport-node'
import { Answers } from './broker-answers.ts'
import type { Life } from './broker-link.ts'
import { withSockets } from './broker-sockets.ts'
import { subjectOf } from './nats-subject.ts'

interface ConnectOptions {
  readonly life: Life
  readonly settings: NodeConnectionOptions
  readonly timeoutMs: number
  readonly prefix: string
  readonly onMessage: (topic: string, envelope: Uint8Array) => void
}

/** Its own reconnecting would keep what is published for later, and drop it without a word. */
export async function connectNats({ life, settings, timeoutMs, ...rest }: ConnectOptions): Promise<NatsLink> {
  const ours = { noEcho: true, reconnect: false, waitOnFirstConnect: false, timeout: timeoutMs }
  const connection = await withSockets(life.signal, () => connect({ ...settings, ...ours }))
  const end = (): void => void connection.close()
  if (life.signal.aborted) end()
  life.signal.throwIfAborted()
  life.signal.addEventListener('abort', end, { once: true })
  void connection.closed().then((error) => life.abort(error ?? new Error('the connection has ended')))
  return new NatsLink(connection, life, timeoutMs, rest)
}

/** One connection to NATS, whose server answers a PING when it has done what was said before: that is what is acknowledged here. */
export class NatsLink {
  readonly #connection: NatsConnection
  readonly #life: Life
  readonly #answers: Answers
  readonly #prefix: string
  readonly #onMessage: (topic: string, envelope: Uint8Array) => void
  readonly #subscriptions = new Map<string, Subscription>()
  /** What the server has refused lately, by subject, and in which round. */
  readonly #refused = new Map<string, { readonly error: Error; readonly round: number }>()
  /** How many PINGs were sent. */
  #round = 0
  #next: Promise<void> | undefined
  #current: Promise<unknown> = Promise.resolve()
  #fail: (reason: Error) => void = () => undefined

  constructor(
    connection: NatsConnection,
    life: Life,
    timeoutMs: number,
    how: Pick<ConnectOptions, 'prefix' | 'onMessage'>,
  ) {
    this.#connection = connection
    this.#life = life
    this.#answers = new Answers(life, timeoutMs, () => connection.flush())
    this.#prefix = how.prefix
    this.#onMessage = how.onMessage
    life.signal.addEventListener('abort', () => this.#fail(life.signal.reason as Error), { once: true })
    void this.#readStatus()
  }

  get maxPayloadBytes(): number | undefined {
    return this.#connection.info?.max_payload
  }

  /** Taken is what the server has read, as it answered what was sent behind it. To how many it goes, NATS does not tell. */
  async publish(topic: string, envelope: Uint8Array): Promise<undefined> {
    const subject = this.#subscriptions.get(topic)?.getSubject() ?? subjectOf(this.#prefix, topic)
    const round = this.#round
    this.#connection.publish(subject, envelope)
    await this.#flushed()
    this.#throwRefused(subject, round)
  }

  change(topics: readonly string[], isOn: boolean): Promise<void> {
    return isOn ? this.#on(topics) : this.#off(topics)
  }

  /** What answers a PING has sent all that was due before. */
  probe(): Promise<void> {
    return this.#flushed()
  }

  async #on(topics: readonly string[]): Promise<void> {
    const round = this.#round
    for (const topic of topics) {
      if (!this.#subscriptions.has(topic)) this.#subscriptions.set(topic, this.#subscribe(topic))
    }
    await this.#flushed()
    if (this.#refused.size > 0) for (const topic of topics) this.#throwRefused(subjectOf(this.#prefix, topic), round)
  }

  async #off(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      this.#subscriptions.get(topic)?.unsubscribe()
      this.#subscriptions.delete(topic)
    }
    await this.#flushed()
  }

  #subscribe(topic: string): Subscription {
    const subject = subjectOf(this.#prefix, topic)
    return this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) {
          this.#answers.heard()
          return this.#onMessage(topic, message.data)
        }
        this.#refuse(subject, error)
        this.#subscriptions.delete(topic)
      },
    })
  }

  /** Fulfils when the server has done all that was said until now. One PING is under way; all that comes meanwhile shares the next. */
  #flushed(): Promise<void> {
    this.#next ??= this.#current.then(() => this.#flush())
    return this.#next
  }

  #flush(): Promise<void> {
    this.#next = undefined
    this.#round++
    for (const [subject, { round }] of this.#refused) if (round < this.#round - 2) this.#refused.delete(subject)
    const flushed = new Promise<void>((resolve, reject) => {
      this.#fail = reject // the client forgets who waits for a PONG when its connection ends
      this.#life.signal.throwIfAborted()
      const told = (): unknown => setImmediate(resolve) // a refusal that came before the PONG has been read by then
      this.#answers.expect(this.#connection.flush()).then(told, reject)
    })
    this.#current = flushed.catch(() => undefined)
    return flushed
  }

  #refuse(subject: string, error: Error): void {
    this.#refused.set(subject, { error, round: this.#round })
  }

  /** Where it was refused in this round or a later one. */
  #throwRefused(subject: string, round: number): void {
    const refused = this.#refused.get(subject)
    if (refused !== undefined && refused.round >= round) throw refused.error
  }

  /** A refusal to publish is told nowhere else. */
  async #readStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== 'error') continue
      const { error } = status
      if ('subject' in error && typeof error.subject === 'string') this.#refuse(error.subject, error)
    }
  }
}
