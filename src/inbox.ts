import type { Connection } from './connection.ts'
import { MessageQueue, type Waiting } from './message-queue.ts'
import { isThenable } from './thenable.ts'

/** Messages wait up to this many bytes; then we stop reading. Reading goes on when half of it is taken. */
const FULL_BYTES = 65_536

/** What the inbox asks of, and tells, the wire it hangs on. */
export interface InboxOwner {
  /** Too much is unsent: handlers wait, since what they answer could not go out. */
  readonly isCongested: boolean
  /** A listener is called for the next message whether or not the promise of its last call has settled. */
  readonly isDeliveringAtOnce: boolean
  /** Nothing more will come in. */
  readonly isOver: boolean
  /** Room may have appeared, or the last message have been taken. */
  onTaken(): void
  /** A listener threw, or rejected. */
  onHandlerError(error: unknown): void
}

type Result = IteratorResult<string | Buffer, undefined>
const DONE: Result = { done: true, value: undefined }

/**
 * Messages on their way to the application: in order, one at a time, and only as fast as it takes them. They wait
 * here until somebody listens, or iterates; meanwhile the wire stops reading when this is full.
 */
export class Inbox {
  readonly #connection: Connection
  #owner: InboxOwner
  #waiting: MessageQueue | undefined = undefined
  #isPaused = false
  #isBusy = false
  #isIterated = false
  /** Whether a loop has ever taken the messages: then the handler's end is the connection's. */
  wasIterated = false
  /** How many messages that had to wait were taken. */
  taken = 0
  /** Of a loop: who has asked for a message that is not there yet. */
  #readers: ((result: Result) => void)[] | undefined = undefined

  constructor(connection: Connection, owner: InboxOwner) {
    this.#connection = connection
    this.#owner = owner
  }

  /** It was somebody's before there was a wire: who waits for a message goes on to wait. */
  belongTo(owner: InboxOwner): void {
    this.#owner = owner
  }

  get isFull(): boolean {
    return this.bytes >= FULL_BYTES
  }

  get hasRoom(): boolean {
    return this.bytes <= FULL_BYTES / 2
  }

  /** What the messages cost that wait. */
  get bytes(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.bytes
  }

  get isEmpty(): boolean {
    return this.length === 0
  }

  /** A listener's promise has not settled yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Whoever takes the messages is at work on one: its promise has not settled, or its loop not asked for the next. */
  get isAtWork(): boolean {
    return this.#isBusy || (this.#isIterated && !this.#isAskedFor)
  }

  /** A loop takes the messages. */
  get isIterated(): boolean {
    return this.#isIterated
  }

  /** How many messages wait. */
  get length(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.length
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether anybody takes messages. */
  get hasConsumer(): boolean {
    return this.#isIterated || this.#connection.listenerCount('message') > 0
  }

  add(data: Buffer, isBinary: boolean): void {
    if (this.isEmpty && this.#isReady()) {
      this.#deliver(data, isBinary)
      return
    }
    this.#waiting ??= new MessageQueue()
    this.#waiting.add(data, isBinary)
  }

  /** Delivers what waits, as far as the application is ready for it. */
  pump(): void {
    while (this.#waiting !== undefined && !this.isEmpty && this.#isReady()) {
      const { data, isBinary } = this.#take(this.#waiting)
      this.#deliver(data, isBinary)
    }
    if (this.#owner.isOver && this.isEmpty) this.#endReaders()
    this.#owner.onTaken()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.wake()
  }

  /** Somebody may have become ready. Not at once: they may stand in a listener, or have more to set up. */
  wake(): void {
    process.nextTick(pump, this)
  }

  /** Nobody will take what waits. */
  discard(): void {
    this.#waiting = undefined
    this.#endReaders()
  }

  /**
   * Calls a listener's code, and hands on what it throws or rejects with. Returns whether all went well; as a promise,
   * which never rejects, if the listener returned one.
   */
  call(listener: (...args: never[]) => unknown, args: unknown[]): boolean | Promise<boolean> {
    try {
      const result = Reflect.apply(listener, this.#connection, args)
      if (!isThenable(result)) return true
      return Promise.resolve(result).then(yes, (error: unknown) => this.#failed(error))
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): false {
    this.#owner.onHandlerError(error)
    return false
  }

  /** The one iteration that takes the messages from now on. */
  iterate(): AsyncIterableIterator<string | Buffer, undefined> {
    if (this.#isIterated) throw new Error('this connection is being iterated already: one loop takes its messages')
    if (this.#connection.listenerCount('message') > 0) {
      throw new Error(`this connection has 'message' listeners: use either those or for await, not both`)
    }
    this.#isIterated = true
    this.wasIterated = true
    let isDone = false
    return {
      [Symbol.asyncIterator]() {
        return this
      },
      next: () => (isDone ? Promise.resolve(DONE) : this.#next()),
      return: () => {
        if (!isDone) this.#endIteration()
        isDone = true
        return Promise.resolve(DONE)
      },
    }
  }

  #endIteration(): void {
    this.#isIterated = false
    this.#endReaders()
    this.wake() // there may be listeners by then; if not, whoever waits for the last message is told
  }

  #next(): Promise<Result> {
    if (!this.#isAskedFor && !this.#isHeld() && this.#waiting !== undefined && !this.isEmpty) {
      const { data, isBinary } = this.#take(this.#waiting)
      this.#owner.onTaken()
      return Promise.resolve({ done: false, value: this.#value(data, isBinary) })
    }
    if (this.#owner.isOver && this.isEmpty) {
      this.#isIterated = false // this loop is over; another may ask
      return Promise.resolve(DONE)
    }
    return new Promise((resolve) => {
      this.#readers ??= []
      this.#readers.push(resolve)
    })
  }

  #isHeld(): boolean {
    return this.#isPaused || this.#isBusy || this.#owner.isCongested
  }

  #isReady(): boolean {
    if (this.#isHeld()) return false
    return this.#isIterated ? this.#isAskedFor : this.#connection.listenerCount('message') > 0
  }

  /** A loop waits for the next message. */
  get #isAskedFor(): boolean {
    return this.#readers !== undefined && this.#readers.length > 0
  }

  #take(waiting: MessageQueue): Waiting {
    this.taken++
    return waiting.take()
  }

  #deliver(data: Buffer, isBinary: boolean): void {
    const reader = this.#readers?.shift()
    if (reader !== undefined) {
      reader({ done: false, value: this.#value(data, isBinary) })
      return
    }
    const payload = isBinary && this.#connection.binaryType === 'arraybuffer' ? toArrayBuffer(data) : data
    const listeners = this.#connection.rawListeners('message') as ((...args: never[]) => unknown)[]
    let pending: Promise<boolean>[] | undefined
    for (const listener of listeners) {
      const outcome = this.call(listener, [payload, isBinary])
      if (typeof outcome !== 'boolean') pending = [...(pending ?? []), outcome]
    }
    if (pending === undefined || this.#owner.isDeliveringAtOnce) return
    this.#isBusy = true
    void Promise.all(pending).then(() => {
      this.#isBusy = false
      this.pump()
    })
  }

  #value(data: Buffer, isBinary: boolean): string | Buffer {
    return isBinary ? data : data.toString()
  }

  #endReaders(): void {
    if (this.#isAskedFor) this.#isIterated = false
    const readers = this.#readers
    this.#readers = undefined
    for (const reader of readers ?? []) reader(DONE)
  }
}

const yes = (): true => true
const pump = (inbox: Inbox): void => inbox.pump()

function toArrayBuffer(data: Buffer): ArrayBuffer {
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer // Node's Buffers are not shared
}
