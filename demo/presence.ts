import { randomUUID } from 'node:crypto'
import type { Topics } from './chat.ts'
import type { Person } from './messages.ts'

/** Changes are told at most this often, however many come and go. */
const CHANGES_EVERY_MS = 50
/** Each process tells of all its people this often; one that is silent for so long has died, and its people are gone. */
const BEAT_MS = 3_000
const SILENT_MS = 10_000

/** What one process tells the others of its own people: by room, null where it has the room no longer. */
interface Told {
  readonly from: string
  readonly rooms: readonly (readonly [room: string, people: readonly Person[] | null])[]
  /** It knows nothing of the others yet, or may have missed something: they tell it all. */
  readonly asks: boolean
}

/** The rooms of a process that was heard of. */
interface Process {
  readonly rooms: Map<string, readonly Person[]>
  heardAt: number
}

/** Who is in which room, over all processes. */
export class Presence {
  readonly #ws: Topics
  readonly #onChange: (rooms: readonly string[]) => void
  readonly #self = randomUUID()
  readonly #own = new Map<string, readonly Person[]>()
  readonly #others = new Map<string, Process>()
  /** Rooms of which the others are to be told, and those of which the pages here are. */
  readonly #toTell = new Set<string>()
  readonly #toShow = new Set<string>()
  readonly #beat: NodeJS.Timeout
  #isClosed = false

  /** `onChange` is told which rooms have other people than before. */
  constructor(ws: Topics, onChange: (rooms: readonly string[]) => void) {
    this.#ws = ws
    this.#onChange = onChange
    const onGap = () => this.#tell(this.#own.keys(), true)
    const { ready } = ws.topics.subscribe('people', (data) => this.#hear(JSON.parse(data.toString())), { onGap })
    void ready.then(onGap)
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS).unref()
  }

  /** All rooms that are open anywhere, by name. */
  get rooms(): string[] {
    const names = [this.#own, ...this.#elsewhere()].flatMap((rooms) => [...rooms.keys()])
    return [...new Set(names)].sort()
  }

  /** Everybody in a room, once each. */
  people(room: string): Person[] {
    const people = [this.#own, ...this.#elsewhere()].flatMap((rooms) => rooms.get(room) ?? [])
    return [...new Map(people.map((person) => [person.id, person])).values()]
  }

  /** Sets who of this process is in a room; undefined where the process does not have it any more. */
  set(room: string, people: readonly Person[] | undefined): void {
    if (this.#isClosed) return
    if (people === undefined) this.#own.delete(room)
    else this.#own.set(room, people)
    this.#toTell.add(room)
    this.#show([room])
  }

  /** This process ends: the others need not wait until it is silent. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#beat)
    const rooms = [...this.#own.keys()]
    this.#own.clear()
    this.#tell(rooms)
  }

  *#elsewhere(): Iterable<Process['rooms']> {
    for (const { rooms } of this.#others.values()) yield rooms
  }

  #tell(rooms: Iterable<string>, asks = false): void {
    const told: Told = {
      from: this.#self,
      rooms: [...rooms].map((room) => [room, this.#own.get(room) ?? null]),
      asks,
    }
    this.#ws.publish('people', JSON.stringify(told))
  }

  #hear({ from, rooms, asks }: Told): void {
    if (from === this.#self) return
    const process = this.#others.get(from) ?? { rooms: new Map<string, readonly Person[]>(), heardAt: 0 }
    process.heardAt = performance.now()
    this.#others.set(from, process)
    for (const [room, people] of rooms) {
      if (people === null) process.rooms.delete(room)
      else process.rooms.set(room, people)
    }
    this.#show(rooms.map(([room]) => room))
    if (asks) this.#tell(this.#own.keys())
  }

  #onBeat(): void {
    for (const [from, { rooms, heardAt }] of this.#others) {
      if (performance.now() - heardAt < SILENT_MS) continue
      this.#others.delete(from)
      this.#show(rooms.keys())
    }
    this.#tell(this.#own.keys())
  }

  /** Soon, and once for many changes. */
  #show(rooms: Iterable<string>): void {
    const isToCome = this.#toShow.size > 0
    for (const room of rooms) this.#toShow.add(room)
    if (isToCome) return
    setTimeout(() => {
      if (this.#toTell.size > 0) this.#tell(this.#toTell)
      this.#onChange([...this.#toShow])
      this.#toTell.clear()
      this.#toShow.clear()
    }, CHANGES_EVERY_MS).unref()
  }
}
