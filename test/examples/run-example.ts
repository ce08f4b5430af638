/** Starts a built example as a child process, and talks to it as its clients would. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type CloseEvent, WebSocket, type WebSocketInit } from 'undici'

type Exit = [code: number | null, signal: NodeJS.Signals | null]

/** A running program that has said where it listens. */
export class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<Exit>
  #output = ''
  #errors = ''
  #onOutput: () => void = () => {}

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string) {
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[]
    this.#child = spawn(process.execPath, args, { stdio, env: { PATH: process.env.PATH, ...env }, cwd }) // without tap's
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

/** The example `name`, listening: `http` and `ws` are where, without a slash at the end. It ends with the test. */
export async function runExample(t: Test, name: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const file = fileURLToPath(new URL(`../../dist/examples/${name}.js`, import.meta.url))
  if (!existsSync(file)) throw new Error(`${file} is missing: build the package first (npm run build)`)
  const program = new Program([file], { PORT: '0', ...env })
  t.teardown(() => program.stop('SIGKILL'))
  const [, http] = await program.printed(/^listening on (https?:\/\/[\d.:]+)$/m)
  return { program, http, ws: http.replace('http', 'ws') }
}

export interface Running {
  readonly program: Program
  readonly http: string
  readonly ws: string
}

/** A WebSocket whose messages wait until they are asked for. */
export class Client {
  readonly socket: WebSocket
  readonly closed: Promise<CloseEvent>
  readonly #messages: string[] = []
  #onMessage: () => void = () => {}

  constructor(url: string, init: WebSocketInit = {}) {
    this.socket = new WebSocket(url, init)
    this.socket.addEventListener('message', ({ data }) => {
      this.#messages.push(String(data))
      this.#onMessage()
    })
    this.closed = new Promise((resolve) => this.socket.addEventListener('close', resolve))
  }

  /** A client whose handshake has succeeded. */
  static async open(url: string, init: WebSocketInit = {}): Promise<Client> {
    const client = new Client(url, init)
    await new Promise((resolve, reject) => {
      client.socket.addEventListener('open', resolve)
      client.socket.addEventListener('error', ({ error }) => reject(error))
    })
    return client
  }

  send(data: string): void {
    this.socket.send(data)
  }

  /** The next message; rejects when the connection ends before it. */
  async next(): Promise<string> {
    const ended = this.closed.then(({ code }) => Promise.reject(new Error(`closed (${code}) without a message`)))
    ended.catch(() => {})
    while (this.#messages.length === 0) {
      const arrived = new Promise<void>((resolve) => {
        this.#onMessage = resolve
      })
      await Promise.race([arrived, ended])
    }
    return this.#messages.shift() ?? ''
  }

  /** Closes, and tells what the server answered. */
  close(code?: number): Promise<CloseEvent> {
    this.socket.close(code)
    return this.closed
  }
}

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How a handshake is answered; an upgraded socket is dropped. A `WebSocket` never tells its user. */
export function handshake(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(url.replace(/^ws/, 'http'), { headers: { ...upgrade, ...headers } })
    request.on('response', async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode, headers: response.headers, body })
    })
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode, headers: response.headers, body: '' })
    })
    request.on('error', reject)
    request.end()
  })
}
