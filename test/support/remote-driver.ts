/** Drivers in workers of this process, used from here as if they were here. */

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { ClusterBrokerOptions } from '../../adapters/cluster.ts'
import type { Broker, BrokerSink } from '../../src/topics/broker.ts'
import type { Answer, Question, Told } from './broker-worker.ts'
import { ROOT } from './root.ts'

const PROGRAM = `${ROOT}dist/test/support/broker-worker.js`

/** Workers of one kind of channel, kept for the next driver when one is closed. */
export class Workers {
  readonly #serialization: 'advanced' | 'json'
  readonly #idle: Worker[] = []

  constructor(t: Test, serialization: 'advanced' | 'json') {
    this.#serialization = serialization
    t.teardown(async () => {
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      await Promise.all(
        workers.map((worker) => {
          worker.process.kill('SIGKILL')
          return once(worker, 'exit')
        }),
      )
    })
  }

  async driver(options: ClusterBrokerOptions = {}): Promise<RemoteDriver> {
    const worker = this.#idle.pop() ?? (await this.#fork())
    const driver = new RemoteDriver(worker, this)
    await driver.create(options)
    return driver
  }

  /** Nobody uses it any more. */
  give(worker: Worker): void {
    this.#idle.push(worker)
  }

  /** Whoever gave it uses it again. */
  takeBack(worker: Worker): void {
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  async #fork(): Promise<Worker> {
    cluster.setupPrimary({ exec: PROGRAM, args: [], execArgv: [], serialization: this.#serialization, silent: false })
    const worker = cluster.fork()
    await once(worker, 'message') // it listens: what is said before that is lost
    return worker
  }
}

export class RemoteDriver implements Broker {
  readonly name = 'cluster'
  readonly worker: Worker
  maxPayloadBytes = 0
  readonly #workers: Workers
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #sink: BrokerSink | undefined
  #last = 0
  #isClosed = false

  constructor(worker: Worker, workers: Workers) {
    this.worker = worker
    this.#workers = workers
    worker.on('message', this.#onMessage)
  }

  async create(options: ClusterBrokerOptions): Promise<void> {
    this.maxPayloadBytes = (await this.ask('create', { options })) as number
  }

  start(sink: BrokerSink): void {
    this.#sink = sink
    if (this.#isClosed) {
      this.#isClosed = false
      this.worker.on('message', this.#onMessage)
      this.#workers.takeBack(this.worker)
    }
    void this.ask('start')
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.ask('subscribe', { topics })
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    await this.ask('unsubscribe', { topics })
  }

  async publish(topic: string, envelope: Uint8Array): Promise<number> {
    return (await this.ask('publish', {
      topics: [topic],
      envelope: Buffer.from(envelope).toString('base64'),
    })) as number
  }

  async probe(): Promise<void> {
    await this.ask('probe')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.ask('close')
    await this.ask('close') // twice is no error
    this.#isClosed = true
    this.worker.off('message', this.#onMessage)
    this.#workers.give(this.worker)
  }

  ask(method: Question['method'], rest: Partial<Question> = {}): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Error('cluster: closed'))
    const remote = ++this.#last
    return new Promise((resolve, reject) => {
      this.#asked.set(remote, ({ value, error }) => {
        this.#asked.delete(remote)
        if (error === undefined) resolve(value)
        else reject(error.name === 'RangeError' ? new RangeError(error.message) : new Error(error.message))
      })
      this.worker.send({ ...rest, remote, method })
    })
  }

  readonly #onMessage = (message: Answer | Told): void => {
    if ('told' in message) this.#tell(message)
    else if (message.remote !== undefined) this.#asked.get(message.remote)?.(message)
  }

  #tell({ told, topic = '', envelope = '', reason }: Told): void {
    if (told === 'message') this.#sink?.onMessage(topic, Buffer.from(envelope, 'base64'))
    else if (told === 'up') this.#sink?.onUp()
    else this.#sink?.onDown(new Error(reason))
  }
}
