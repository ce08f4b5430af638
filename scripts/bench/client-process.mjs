// The client, on the other core.
import { Part } from '../soak/part.mjs'
import { pinned } from './pin.mjs'

export class ClientProcess {
  #part = new Part(['bench/client.mjs'], (command) => pinned(1, command))

  /** @throws Error if something came back that should not, or did not that should */
  async ask(ask, contender, rest) {
    const { fault, ...answer } = await this.#part.ask({ ask, contender, ...rest })
    if (fault !== undefined) throw new Error(fault)
    return answer
  }

  end() {
    return this.#part.end()
  }
}
