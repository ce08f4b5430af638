import { randomUUID } from 'node:crypto'
import type { Connection } from '../src/adapter.ts'

/**
 * Numbers for an app's connections, in the order in which they are first seen: at their opening, where handshakes are kept. Only
 * connections of the app have one, also when they have ended and the app does not know them any more.
 */
export class Numbers {
  /** Another process, or another inspector, has others. */
  readonly name = randomUUID()
  readonly #numbers = new WeakMap<Connection<unknown>, number>()
  #last = 0

  has(connection: Connection<unknown>): boolean {
    return this.#numbers.has(connection)
  }

  of(connection: Connection<unknown>): number {
    const known = this.#numbers.get(connection)
    if (known !== undefined) return known
    this.#numbers.set(connection, ++this.#last)
    return this.#last
  }
}
