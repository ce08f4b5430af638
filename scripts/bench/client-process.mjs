// The client, on the other core. One for each contender, so that all are served by one that has seen nothing else.
import { Part } from '../soak/part.mjs'
import { pinned } from './pin.mjs'

export class ClientProcess {
  #part = new Part(['bench/client.mjs'], (command) => pinned(1, command))

  /** @throws Error if something came back that should not, or did not that should */
  async ask(ask, rest) {
    const { fault, ...answer } = await this.#part.ask({ ask, ...rest })
    if (fault !== undefined) throw new Error(fault)
    return answer
  }

  end() {
    return this.#part.end()
  }
}
