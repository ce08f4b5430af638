// A contender's server in a process of its own. A row may kill it: then the next one gets another.
import { end, start } from '../children.mjs'
import { frame, TEXT } from '../raw/frame.mjs'
import { root } from '../run.mjs'
import { outcome } from './outcome.mjs'
import { request } from './request.mjs'

const START_MS = 20_000

export class Server {
  #args
  #child
  #port

  constructor({ args }) {
    this.#args = args
  }

  /** What comes of a row; 'crash' if the server does not live to serve the next client. */
  async try({ exchange, run }) {
    if (this.#child === undefined) await this.#start()
    const found = await (run ? run(this.#port, this.#child.pid) : outcome(this.#port, exchange))
    if (await this.#isAlive()) return found
    await this.end()
    return 'crash'
  }

  async end() {
    if (this.#child) await end(this.#child)
    this.#child = undefined
  }

  async #isAlive() {
    const frames = [frame(TEXT, 'alive?'), frame(8, Buffer.from([3, 232]))]
    const found = await outcome(this.#port, { opening: request(), frames, waitMs: 5_000 })
    return this.#child.exitCode === null && found.startsWith('101, text alive?')
  }

  async #start() {
    this.#child = start(process.execPath, this.#args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore', 'ipc'] })
    const child = this.#child
    this.#port = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#args[0]} does not listen`)), START_MS)
      child.once('exit', (code) => reject(new Error(`${this.#args[0]} ended with ${code}`)))
      child.stdout.on('data', (text) => {
        clearTimeout(timer)
        resolve(Number(text.match(/listening (\d+)/)[1]))
      })
    })
  }
}
