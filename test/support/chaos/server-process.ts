import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../until.ts'
import type { Figures, Published, ServerOrders, Told } from './told.ts'

const PROGRAM = fileURLToPath(new URL(`server-program${extname(import.meta.url)}`, import.meta.url)) // .js where compiled

type Outage = Extract<Told, { kind: 'degraded' | 'restored' }>

/** A server as a process of its own, and all that it tells. */
export class ServerProcess {
  readonly orders: ServerOrders
  readonly published: Published[] = []
  /** 'degraded' and 'restored', as its topics told them. */
  readonly outages: Outage[] = []
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  readonly #figures: ((figures: Figures) => void)[] = []
  #errors = ''
  #port = 0

  /** `command` is what runs Node, where it is not itself. */
  constructor(orders: ServerOrders, command: readonly string[] = []) {
    const [program, ...args] = [...command, process.execPath, '--enable-source-maps', PROGRAM, JSON.stringify(orders)]
    const env = { PATH: `${process.env.PATH}:/usr/sbin` } // without tap's
    this.orders = orders
    this.#child = spawn(program, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], env })
    this.#exit = once(this.#child, 'exit')
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
    this.#child.on('message', (told: Told) => this.#onTold(told))
  }

  /** Fulfils when it listens, and its broker carries. */
  async ready(): Promise<void> {
    await until(`${this.name} listens`, () => this.#port > 0 || this.#isGone())
    await until(`${this.name} is up`, async () => (await this.figures()).state === 'up')
  }

  get name(): string {
    return this.orders.name
  }

  get url(): string {
    return `ws://${this.orders.host}:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** All that it wrote to its standard error: nothing, where all is well. */
  get errors(): string {
    return this.#errors
  }

  /** As `degraded,restored`. */
  get story(): string {
    return this.outages.map(({ kind }) => kind).join()
  }

  figures(): Promise<Figures> {
    return new Promise((resolve) => {
      this.#figures.push(resolve)
      this.#child.send({})
    })
  }

  /** SIGSTOP and SIGCONT, for which nobody waits. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Fulfils when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.isRunning) this.#child.kill(signal)
    await this.#exit
  }

  /** What lies in the way of going on. */
  #isGone(): boolean {
    if (!this.isRunning) throw new Error(`${this.name} has ended:\n${this.#errors}`)
    return false
  }

  #onTold(told: Told): void {
    if (told.kind === 'listening') this.#port = told.port
    else if (told.kind === 'published') this.published.push(...told.messages)
    else if (told.kind === 'figures') this.#figures.shift()?.(told.figures)
    else this.outages.push(told)
  }
}
