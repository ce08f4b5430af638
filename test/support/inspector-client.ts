import type { About, Command, Frame, Frames, Hello, Query, Row, Tick, Told } from '../../adapters/inspector-messages.ts'
import type { Injectable, InjectOptions, TestClock, TestSocket } from '../../adapters/testing.ts'
import { inject } from '../../adapters/testing.ts'

const QUERY: Query = { text: '', route: null, sort: 'id', isDescending: false }

/** What the inspector's page has in its hands, without the page. */
export class InspectorClient {
  readonly socket: TestSocket
  readonly told: Told[] = []
  readonly #clock: TestClock

  private constructor(socket: TestSocket, clock: TestClock) {
    this.socket = socket
    this.#clock = clock
    socket.on('message', (data: Buffer) => void this.told.push(JSON.parse(data.toString()) as Told))
  }

  static async open(app: Injectable, clock: TestClock, options?: InjectOptions): Promise<InspectorClient> {
    const client = new InspectorClient(await inject(app, '/inspect', options), clock)
    await clock.advance(0)
    return client
  }

  get hello(): Hello {
    return this.#all('hello')[0]
  }

  get ticks(): Tick[] {
    return this.#all('tick')
  }

  get tick(): Tick {
    return this.ticks.at(-1) as Tick // there is one from the beginning
  }

  get rows(): readonly Row[] {
    return this.tick.rows
  }

  get about(): About {
    return this.#all('about').at(-1) as About // asked for after a pick
  }

  get frameMessages(): Frames[] {
    return this.#all('frames')
  }

  get frames(): Frame[] {
    return this.frameMessages.flatMap(({ frames }) => frames)
  }

  async ask(command: Command): Promise<void> {
    this.socket.send(JSON.stringify(command))
    await this.#clock.advance(0)
  }

  /** And what it finds, a second later. */
  async look(query: Partial<Query>): Promise<readonly Row[]> {
    await this.ask({ type: 'look', ...QUERY, ...query })
    await this.#clock.advance(1_000)
    return this.rows
  }

  #all<Type extends Told['type']>(type: Type): Extract<Told, { type: Type }>[] {
    return this.told.filter((one): one is Extract<Told, { type: Type }> => one.type === type)
  }
}
