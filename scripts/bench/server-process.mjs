// A contender's server in a process of its own, asked and answering in lines, as Bun understands these, too.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { end, start } from '../children.mjs'
import { root } from '../run.mjs'
import { pinned } from './pin.mjs'

const START_MS = 20_000

export class ServerProcess {
  #child
  #lines
  #ended

  constructor(command, settings) {
    const [file, args] = pinned(0, [...command, 'bench/server.mjs', JSON.stringify(settings)])
    this.#child = start(file, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    this.#child.stderr.on('data', (text) => {
      said = (said + text).slice(-2_000)
    })
    this.#child.stdin.on('error', () => {}) // it has ended, as is said below
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      throw new Error(`the server ended with ${code ?? signal}: ${said.trim()}`)
    })
    this.#ended.catch(() => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Fulfils with the port it listens on. */
  async started() {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), START_MS)
    try {
      return await this.#answer()
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws Error if it ends before it has answered */
  ask(question) {
    this.#child.stdin.write(`${question}\n`)
    return this.#answer()
  }

  end() {
    return end(this.#child)
  }

  async #answer() {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) return this.#ended
      if (value.startsWith('{')) return JSON.parse(value) // a library may have a word to say, too
    }
  }
}
