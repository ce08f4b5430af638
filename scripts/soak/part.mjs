// A process that takes part: it is asked, and answers, over IPC. None outlives this one.
import { once } from 'node:events'
import { end, start } from '../children.mjs'
import { root } from '../run.mjs'

export class Part {
  #child
  #questions = 0
  #waiting = new Map()

  /** `place` may change the command line, to say where the process runs. */
  constructor(args, place = ([command, ...rest]) => [command, rest]) {
    const [command, all] = place([process.execPath, ...args])
    this.#child = start(command, all, { cwd: root, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (answer) => this.#waiting.get(answer.id)?.resolve(answer))
    this.#child.once('exit', (code, signal) => {
      this.#fail(new Error(`${args.join(' ')} ended with ${code ?? signal}`))
    })
  }

  get child() {
    return this.#child
  }

  tell(message) {
    this.#child.send(message)
  }

  /** @throws Error if the process ends before it has answered */
  ask(question) {
    const id = ++this.#questions
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ ...question, id })
    }).finally(() => this.#waiting.delete(id))
  }

  end() {
    return end(this.#child)
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
  }
}

/** An echo server, and the port on which it listens. */
export async function startServer(name, flags = []) {
  const server = new Part(['--expose-gc', 'dist/bench/watched-server.js', '--server', name, '--port', '0', ...flags])
  const [message] = await Promise.race([
    once(server.child, 'message'),
    once(server.child, 'exit').then(() => {
      throw new Error(`the server ${name} did not start`)
    }),
  ])
  return { server, port: message.port }
}
