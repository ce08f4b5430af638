/** A Node program as a child process, without anything of tap's in its environment. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

type Exit = [code: number | null, signal: NodeJS.Signals | null]

/** A running program that has said where it listens. */
export class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<Exit>
  #output = ''
  #errors = ''
  #onOutput: () => void = () => {}

  /** With `maxFiles` it can open no more files and sockets than that. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string, maxFiles?: number) {
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[]
    const options = { stdio, env: { PATH: process.env.PATH, ...env }, cwd } // without tap's
    const limit = `ulimit -n ${maxFiles} && exec "$0" "$@"`
    this.#child =
      maxFiles === undefined
        ? spawn(process.execPath, args, options)
        : spawn('sh', ['-c', limit, process.execPath, ...args], options)
    this.#exit = once(this.#child, 'close') as Promise<Exit> // after 'exit': all that it printed has been read
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk
      this.#onOutput()
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  /** All that it has printed until now. */
  get output(): string {
    return this.#output
  }

  get errors(): string {
    return this.#errors
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Fulfils with the match when it has printed a line like `line`; rejects when it ends without. */
  async printed(line: RegExp): Promise<RegExpExecArray> {
    let onOutput = (): void => {}
    const match = new Promise<RegExpExecArray>((resolve) => {
      onOutput = () => {
        const found = line.exec(this.#output)
        if (found !== null) resolve(found)
      }
    })
    this.#onOutput = onOutput
    onOutput()
    return Promise.race([match, this.#endsWithout(line)])
  }

  /** The first message that it sends its parent. */
  async told(): Promise<unknown> {
    const told = once(this.#child, 'message').then(([message]) => message as unknown)
    return Promise.race([told, this.#endsWithout('a message to its parent')])
  }

  /** Sends a signal, and tells the exit code; null where the signal itself was the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isRunning) this.#child.kill(signal)
    const [code] = await this.#exit
    return code
  }

  async #endsWithout(what: RegExp | string): Promise<never> {
    const [code, signal] = await this.#exit
    throw new Error(`ended (${code ?? signal}) before ${String(what)}:\n${this.#output}${this.#errors}`)
  }
}
