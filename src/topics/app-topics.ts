import { EventEmitter } from 'node:events'
import type { ListenOptions, TopicListener } from './listener.ts'
import type { TopicCounts, TopicState, TopicSubscription, Topics } from './topics.ts'

/** What `app.ws.topics` shows. */
export interface TopicsBehind {
  readonly size: number
  readonly state: TopicState
  readonly counts: TopicCounts
  count(topic: string): number
  names(): Iterable<string>
  listen(topic: unknown, listener: TopicListener, options: ListenOptions): TopicSubscription
}

/**
 * `app.ws.topics`: what users may know of an app's topics. `Topics` says which events it has: an emitter that says so itself is
 * no `Topics` with the types of Node 26.
 */
export class AppTopics extends EventEmitter implements Topics {
  readonly #behind: TopicsBehind

  constructor(behind: TopicsBehind) {
    super()
    this.#behind = behind
  }

  get size(): number {
    return this.#behind.size
  }

  get state(): TopicState {
    return this.#behind.state
  }

  get counts(): TopicCounts {
    return { ...this.#behind.counts }
  }

  count(topic: string): number {
    return this.#behind.count(topic)
  }

  subscribe(topic: string, listener: TopicListener, options: ListenOptions = {}): TopicSubscription {
    return this.#behind.listen(topic, listener, options)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#behind.names()[Symbol.iterator]()
  }
}
