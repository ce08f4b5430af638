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

  /** `command` is what runs Node with these arguments: itself, unless something has to be set up before. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string, command: readonly string[] = []) {
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[]
    const [program, ...rest] = [...command, process.execPath, ...args]
    this.#child = spawn(program, rest, { stdio, env: { PATH: process.env.PATH, ...env }, cwd }) // without tap's
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

  /** The next message that it sends its parent. */
  async told(): Promise<unknown> {
    const told = once(this.#child, 'message').then(([message]) => message as unknown)
    return Promise.race([told, this.#endsWithout('a message to its parent')])
  }

  /** Asks it, and fulfils with what it answers. */
  ask(question: string): Promise<unknown> {
    const answer = this.told()
    this.#child.send(question)
    return answer
  }

  /** Sends a signal, and tells the exit code; null where the signal itself was the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isRunning) this.#child.kill(signal)
    const [code] = await this.#exit
    return code
  }

  /** Fulfils with the exit code when it ends by itself. */
  async ended(): Promise<number | null> {
    const [code] = await this.#exit
    return code
  }

  async #endsWithout(what: RegExp | string): Promise<never> {
    const [code, signal] = await this.#exit
    throw new Error(`ended (${code ?? signal}) before ${String(what)}:\n${this.#output}${this.#errors}`)
  }
}

/** What runs a program that can open no more files and sockets than so many. */
export function withFiles(most: number): string[] {
  return ['/bin/sh', '-c', `ulimit -n ${most} && exec "$@"`, 'sh']
}
