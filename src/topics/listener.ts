import type { TopicSettings } from '../defaults.ts'
import type { PreparedMessage } from '../prepared.ts'
import { Opcode } from '../protocol/opcode.ts'
import { isThenable } from '../thenable.ts'
import type { Members } from './members.ts'
import type { Subscriber } from './subscriber.ts'
import type { TopicGap } from './topics.ts'

/** Called for a message, with bytes that are its own; `isBinary` is false for text, which is UTF-8. */
export type TopicListener = (data: Buffer, isBinary: boolean, topic: string) => unknown

export interface ListenOptions {
  /** As the route option: messages of other processes were lost, or may have been. */
  readonly onGap?: (gap: TopicGap) => unknown
}

/** The process itself as a subscriber of one topic. */
export class Listener implements Subscriber {
  readonly connection = undefined
  readonly route = ''
  readonly settings: TopicSettings
  readonly isOpen = true
  subscriptions: Members<string> = undefined
  topicCharacters = 0
  readonly #topic: string
  readonly #listener: TopicListener
  readonly #onError: (error: unknown) => void
  /** Messages of this turn. */
  #waiting: PreparedMessage[] = []

  constructor(topic: string, listener: TopicListener, { onGap }: ListenOptions, onError: (error: unknown) => void) {
    this.#topic = topic
    this.#listener = listener
    this.#onError = onError
    this.settings = {
      maxTopics: Infinity,
      slowSubscriber: 'drop',
      onDropped: undefined,
      onGap: onGap && ((_socket, gap) => onGap(gap)),
    }
  }

  /** It is called behind the loop that publishes: what it does is no other subscriber's affair. */
  deliver(message: PreparedMessage): true {
    this.#waiting.push(message)
    if (this.#waiting.length === 1) process.nextTick(() => this.#callAll())
    return true
  }

  closeAsSlow(): void {
    // it never is
  }

  call(listener: (...args: never[]) => unknown, args: unknown[]): void {
    try {
      const result: unknown = Reflect.apply(listener, undefined, args)
      if (isThenable(result)) Promise.resolve(result).catch(this.#onError)
    } catch (error) {
      this.#onError(error)
    }
  }

  #callAll(): void {
    const messages = this.#waiting
    this.#waiting = []
    for (const { payload, opcode } of messages) {
      if (this.subscriptions === undefined) return // it has been unsubscribed meanwhile
      this.call(this.#listener, [Buffer.from(payload), opcode === Opcode.Binary, this.#topic])
    }
  }
}
