import type { Audience } from '../audience.ts'
import type { Connection } from '../connection.ts'
import type { WireSettings } from '../defaults.ts'
import { Inbox, type InboxOwner } from '../inbox.ts'
import type { StandIn } from '../inside.ts'
import { CloseCode } from '../protocol/close-code.ts'
import { EMPTY } from '../protocol/growing-buffer.ts'
import type { Wire } from '../wire.ts'
import { NoSender } from './no-sender.ts'
import { NO_TOPICS, noServer } from './no-topics.ts'

/** What stands in for a connection's wire until there is one, and for ever if there never is. */
export class Connecting implements StandIn, InboxOwner {
  readonly connection: Connection
  readonly settings: WireSettings
  readonly inbox: Inbox
  readonly sender: NoSender = new NoSender(this)
  readonly pulse = { rtt: undefined }
  readonly topics = NO_TOPICS
  readonly protocol = ''
  readonly route = ''
  readonly extensions = ''
  readonly isOpen = false
  readonly isCongested = false
  /** Nothing is delivered yet. */
  readonly isDeliveringAtOnce = false
  readonly closeCode: number = CloseCode.Abnormal
  readonly closeReason: Buffer = EMPTY
  readonly wasClean = false
  subscriptions = undefined
  topicCharacters = 0
  audience: Audience | undefined = undefined
  isFinished = false
  /** Told once when the application gives the attempt up. */
  onCancelled: () => void = () => undefined
  readonly #report: (error: unknown, connection: Connection) => void
  #readyState: 0 | 2 | 3 = 0
  #isJoined = false
  #finishWaiters: (() => void)[] = []

  /** `report` is told what listeners throw. */
  constructor(
    connection: Connection,
    settings: WireSettings,
    report: (error: unknown, connection: Connection) => void,
  ) {
    this.connection = connection
    this.settings = settings
    this.inbox = new Inbox(connection, this)
    this.#report = report
  }

  get readyState(): 0 | 2 | 3 {
    return this.#readyState
  }

  get isOver(): boolean {
    return this.#readyState === 3
  }

  /** There is a wire, and this stands in for nobody any more. */
  get isJoined(): boolean {
    return this.#isJoined
  }

  joined(wire: Wire): Inbox {
    this.#isJoined = true
    if (this.#finishWaiters.length > 0) void wire.whenFinished().then(() => this.#settle())
    this.inbox.belongTo(wire)
    wire.audience = this.audience
    return this.inbox
  }

  /** The attempt is cancelled; no close frame has anywhere to go. */
  close(): void {
    this.#cancel()
  }

  terminate(): void {
    this.#cancel()
  }

  /** There will be no connection, and this is why. 'error' and 'close' follow at once. RFC 6455 §7.1.7 */
  fail(error: Error): void {
    if (this.#isJoined || this.isOver) return
    this.#readyState = 3
    this.emit('error', error)
    this.isFinished = true
    this.inbox.discard()
    this.emit('close', this.closeCode, this.closeReason)
    this.#settle()
  }

  /** As a wire emits: no listener keeps another from being called. Returns whether there were any. */
  emit(event: string, ...args: unknown[]): boolean {
    const listeners = this.connection.rawListeners(event)
    for (const listener of listeners) this.call(listener as (...args: never[]) => unknown, args)
    return listeners.length > 0
  }

  call(listener: (...args: never[]) => unknown, args: unknown[]): unknown {
    return this.inbox.call(listener, args)
  }

  whenFinished(): Promise<void> {
    if (this.isFinished) return Promise.resolve()
    return new Promise((resolve) => {
      this.#finishWaiters.push(resolve)
    })
  }

  onTaken(): void {
    // nothing has come yet
  }

  onHandlerError(error: unknown): void {
    this.#report(error, this.connection)
  }

  look(): void {
    // nothing passes yet
  }

  deliver(): false {
    return false
  }

  reauthenticate(): never {
    return noServer()
  }

  closeAsSlow(): void {
    // nothing is published to it
  }

  #cancel(): void {
    if (this.#readyState !== 0) return
    this.#readyState = 2
    this.onCancelled()
    process.nextTick(() => this.fail(new Error('the WebSocket was closed before it was open')))
  }

  #settle(): void {
    for (const resolve of this.#finishWaiters) resolve()
    this.#finishWaiters = []
  }
}
