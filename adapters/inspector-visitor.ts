import type { Clock, Connection } from '../src/adapter.ts'
import { readCommand } from './inspector-commands.ts'
import { FrameWatch } from './inspector-frames.ts'
import type { About, Command, HandshakeHeads, Picked, Query, Tick, Told } from './inspector-messages.ts'
import type { Sample } from './inspector-sample.ts'

/** More than this is unsent: what comes meanwhile is left out. */
const MOST_UNSENT_BYTES = 262_144
const MOST_TOPICS = 100
const MOST_TOPIC_CHARACTERS = 200

const FIRST_QUERY: Query = { text: '', route: null, sort: 'id', isDescending: true }

/** What a page is told of. */
export interface VisitorHost {
  readonly clock: Clock
  readonly showPayloads: boolean
  readonly maxFramesPerSecond: number
  /** Looked at now; undefined where it has ended. */
  sampleOf(id: number): Sample | undefined
  handshakeOf(connection: Connection<unknown>): HandshakeHeads | null
}

/** One page that is open. */
export class Visitor {
  query: Query = FIRST_QUERY
  isPaused = false
  readonly #socket: Connection<unknown>
  readonly #host: VisitorHost
  #pickedId: number | null = null
  #frames: FrameWatch | undefined = undefined
  #skippedTicks = 0

  constructor(socket: Connection<unknown>, host: VisitorHost) {
    this.#socket = socket
    this.#host = host
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const command = isBinary ? undefined : readCommand(data.toString())
      if (command === undefined) socket.close(1008, 'not a command of the inspector')
      else this.#do(command)
    })
  }

  /** Returns false, and sends nothing, while too much is unsent. */
  tell(told: Told): boolean {
    if (this.#socket.bufferedAmount > MOST_UNSENT_BYTES) return false
    this.#socket.send(JSON.stringify(told))
    return true
  }

  tick(tick: Omit<Tick, 'type' | 'pickedId' | 'picked' | 'skippedTicks'>): void {
    if (this.isPaused) return
    const [pickedId, picked] = [this.#pickedId, this.#picked()]
    const isTold = this.tell({ type: 'tick', ...tick, pickedId, picked, skippedTicks: this.#skippedTicks })
    this.#skippedTicks = isTold ? 0 : this.#skippedTicks + 1
  }

  leave(): void {
    this.#frames?.stop()
  }

  #do(command: Command): void {
    if (command.type === 'look') this.query = command
    else if (command.type === 'pick') this.#pick(command.id)
    else this.#pause(command.isPaused)
  }

  #pick(id: number | null): void {
    this.#pickedId = id
    this.#watch()
    if (id !== null) this.tell(this.#about(id))
  }

  #pause(isPaused: boolean): void {
    this.isPaused = isPaused
    this.#watch()
  }

  /** A page's own frames would each make another one. */
  #watch(): void {
    this.#frames?.stop()
    this.#frames = undefined
    const sample = this.#pickedId === null ? undefined : this.#host.sampleOf(this.#pickedId)
    if (this.isPaused || sample === undefined || sample.isInspector) return
    const { clock, showPayloads, maxFramesPerSecond } = this.#host
    const tell = this.tell.bind(this)
    this.#frames = new FrameWatch(sample.connection, sample.id, { clock, showPayloads, maxFramesPerSecond, tell })
  }

  #about(id: number): About {
    const sample = this.#host.sampleOf(id)
    const handshake = sample === undefined ? null : this.#host.handshakeOf(sample.connection)
    return { type: 'about', id, picked: this.#picked(), handshake }
  }

  #picked(): Picked | null {
    const sample = this.#pickedId === null ? undefined : this.#host.sampleOf(this.#pickedId)
    if (sample === undefined) return null
    return { ...sample.row(this.#host.clock.now()), topics: topicsOf(sample.connection) }
  }
}

function topicsOf({ topics }: Connection<unknown>): string[] {
  const shown: string[] = []
  for (const topic of topics) {
    if (shown.length === MOST_TOPICS) break
    shown.push(topic.length > MOST_TOPIC_CHARACTERS ? `${topic.slice(0, MOST_TOPIC_CHARACTERS)}...` : topic)
  }
  return shown
}
