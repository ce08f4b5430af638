import { Answers } from './broker-answers.ts'
import type { Life } from './broker-link.ts'
import { isBytes, PROBE, type ToPrimary, type ToWorker, unwrap, wrap } from './cluster-messages.ts'
import { Outgoing, unpack } from './cluster-parcel.ts'

interface ConnectOptions {
  readonly life: Life
  readonly timeoutMs: number
  readonly onMessage: (topic: string, envelope: Uint8Array) => void
}

/** A primary that relays answers at once; one that does not will not tell. */
const HELLO_TIMEOUT_MS = 1_000

let sessions = 0

/** Begins a session with the primary. */
export function connectPrimary(options: ConnectOptions): Promise<Session> {
  const { life, timeoutMs } = options
  const id = ++sessions
  return new Promise((resolve, reject) => {
    let session: Session | undefined
    const onMessage = (wrapped: unknown): void => {
      const message = unwrap<ToWorker>(wrapped)
      if (message === undefined || message.session !== id) return
      if (message.kind === 'lost') life.abort(new Error(message.reason))
      else if (message.kind === 'turn') session?.read(message)
      else {
        session = new Session(id, isBytes(message.probe), options)
        resolve(session)
      }
    }
    const onDisconnect = (): void => life.abort(new Error('the channel to the primary is closed'))
    const unanswered = new Error('the primary does not relay: call clusterPrimary() of sockroute/cluster in it')
    const timer = setTimeout(() => reject(unanswered), Math.min(HELLO_TIMEOUT_MS, timeoutMs / 2))
    process.on('message', onMessage)
    process.on('disconnect', onDisconnect)
    life.signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        process.off('message', onMessage)
        process.off('disconnect', onDisconnect)
        tell({ kind: 'bye', session: id })
        reject(life.signal.reason)
      },
      { once: true },
    )
    tell({ kind: 'hello', session: id, probe: PROBE })
  })
}

/** What leaves together, and is answered together. */
class Pending {
  readonly changes = new Map<string, boolean>()
  readonly outgoing = new Outgoing()
  readonly counts: Promise<readonly number[]>
  resolve: (counts: readonly number[]) => void = () => undefined
  reject: (reason: Error) => void = () => undefined

  constructor() {
    this.counts = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

/** One connection to the primary. Whatever is asked in one turn is one message of the channel. */
export class Session {
  readonly #id: number
  readonly #isBinary: boolean
  readonly #options: ConnectOptions
  readonly #answers: Answers
  readonly #unanswered: Pending[] = []
  #next: Pending | undefined

  constructor(id: number, isBinary: boolean, options: ConnectOptions) {
    this.#id = id
    this.#isBinary = isBinary
    this.#options = options
    this.#answers = new Answers(options.life, options.timeoutMs, () => this.#pending().counts)
    const { signal } = options.life
    signal.addEventListener('abort', () => this.#fail(signal.reason as Error), { once: true })
  }

  async change(topics: readonly string[], isOn: boolean): Promise<void> {
    const pending = this.#pending()
    for (const topic of topics) pending.changes.set(topic, isOn)
    await pending.counts
  }

  async publish(topic: string, envelope: Uint8Array): Promise<number> {
    const pending = this.#pending()
    const index = pending.outgoing.add(topic, envelope)
    return (await pending.counts)[index]
  }

  /** Fulfils when the primary has answered something sent now. */
  async probe(): Promise<void> {
    await this.#pending().counts
  }

  read({ counts, parcel }: Extract<ToWorker, { kind: 'turn' }>): void {
    this.#answers.heard()
    unpack(parcel, this.#options.onMessage)
    for (const one of counts) this.#unanswered.shift()?.resolve(one)
  }

  #pending(): Pending {
    if (this.#next === undefined) {
      this.#next = new Pending()
      this.#answers.expect(this.#next.counts).catch(() => undefined) // whoever asked is told by the promise itself
      setImmediate(() => this.#flush())
    }
    return this.#next
  }

  #flush(): void {
    const pending = this.#next
    if (pending === undefined) return
    this.#next = undefined
    this.#unanswered.push(pending)
    const on: string[] = []
    const off: string[] = []
    for (const [topic, isOn] of pending.changes) (isOn ? on : off).push(topic)
    tell({ kind: 'batch', session: this.#id, on, off, parcel: pending.outgoing.pack(this.#isBinary) })
  }

  #fail(reason: Error): void {
    this.#next?.reject(reason)
    this.#next = undefined
    for (const pending of this.#unanswered.splice(0)) pending.reject(reason)
  }
}

/** A channel that is closed tells so by 'disconnect'. */
function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(wrap(message), undefined, undefined, () => undefined)
}
