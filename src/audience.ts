import { FRAMES, isWatched, MESSAGES, type TypedChannel } from './diagnostics.ts'
import type { FramePassedEvent, MessagePassedEvent, OfConnection } from './diagnostics-events.ts'

/** What one connection tells: to whoever looks at it alone, and on the channel of all. */
class OwnChannel<Event> implements TypedChannel<Event> {
  readonly #all: TypedChannel<Event>
  /** Another list for each who comes or goes: it may be in the middle of what is told. */
  #listeners: readonly ((event: Event) => void)[] = []

  constructor(all: TypedChannel<Event>) {
    this.#all = all
  }

  /** There is somebody who looks at it alone. */
  get hasOwn(): boolean {
    return this.#listeners.length > 0
  }

  get hasSubscribers(): boolean {
    return this.hasOwn || this.#all.hasSubscribers
  }

  /** As a channel of Node's: what a listener throws is an uncaught exception, and keeps nobody from being told. */
  publish(event: Event): void {
    if (this.#all.hasSubscribers) this.#all.publish(event)
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        process.nextTick(() => {
          throw error
        })
      }
    }
  }

  add(listener: (event: Event) => void): void {
    this.#listeners = [...this.#listeners, listener]
  }

  delete(listener: (event: Event) => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener)
  }
}

/** Who is told of what passes through one connection; made when the first looks. */
export class Audience {
  readonly frames: OwnChannel<FramePassedEvent> = new OwnChannel(FRAMES)
  readonly messages: OwnChannel<MessagePassedEvent> = new OwnChannel(MESSAGES)

  /** There is anybody. */
  get isThere(): boolean {
    return isWatched() || this.frames.hasOwn || this.messages.hasOwn
  }
}

/** A connection that somebody looks at. */
export interface Watched extends OfConnection {
  readonly audience: Audience
}
