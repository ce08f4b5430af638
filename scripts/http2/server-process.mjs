// The measured server in a process of its own, asked over its channel.
import { once } from 'node:events'
import { pinned } from '../bench/pin.mjs'
import { end, start } from '../children.mjs'
import { root } from '../run.mjs'

export class Server {
  #child
  #ended
  /** Fulfils with `{ port }`. */
  started

  constructor() {
    const [file, args] = pinned(0, [process.execPath, '--expose-gc', 'scripts/http2/server.mjs'])
    this.#child = start(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`the server ended with ${code ?? signal}`)
    })
    this.#ended.catch(() => {})
    this.started = this.#answer()
  }

  ask(question) {
    this.#child.send(question)
    return this.#answer()
  }

  end() {
    return end(this.#child)
  }

  async #answer() {
    const [answer] = await Promise.race([once(this.#child, 'message'), this.#ended])
    return answer
  }
}
