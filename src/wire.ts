import type { Duplex } from 'node:stream'
import { markAsUntransferable } from 'node:worker_threads'
import { Audience } from './audience.ts'
import type { Holder } from './budget.ts'
import type { Clock } from './clock.ts'
import { ConnectionClosedError } from './closed-error.ts'
import { ClosingHandshake, type ClosingOwner } from './closing-handshake.ts'
import { Connection, join } from './connection.ts'
import { Deadlines, type Due, shortestMs, type Watched } from './deadlines.ts'
import type { WireSettings } from './defaults.ts'
import { CHANNELS } from './diagnostics.ts'
import type { CauseOfEnd, ClosedBy } from './diagnostics-events.ts'
import type { Departing } from './drain.ts'
import type { ConnectionEvents } from './events.ts'
import type { PermessageDeflate } from './extensions/permessage-deflate.ts'
import type { Beating } from './heartbeat.ts'
import { Inbox, type InboxOwner } from './inbox.ts'
import type { Inside } from './inside.ts'
import { Intake, type IntakeOwner } from './intake.ts'
import { type LimitName, limitOf } from './limits.ts'
import type { Outbox } from './outbox.ts'
import type { PreparedMessage } from './prepared.ts'
import { CloseCode } from './protocol/close-code.ts'
import { ProtocolError } from './protocol/errors.ts'
import { closePayload } from './protocol/frame-writer.ts'
import { EMPTY } from './protocol/growing-buffer.ts'
import { Opcode } from './protocol/opcode.ts'
import type { Pulse } from './pulse.ts'
import { type Role, SERVER } from './role.ts'
import { Sender, type SenderOwner } from './sender.ts'
import { Throttle } from './throttle.ts'
import type { Members } from './topics/members.ts'
import type { WireHost } from './wire-host.ts'

/** It is given to every user: transferred by one, it would be detached for all. */
markAsUntransferable(EMPTY.buffer)

/** It has reached its greatest age: whoever comes back is asked anew who they are. */
const OLD = closePayload(CloseCode.GoingAway, 'maximum lifetime reached')

/** What is published would pile up in front of it. */
const SLOW = closePayload(CloseCode.TryAgainLater, 'messages are not read as fast as they come')

const PINGS = CHANNELS['sockroute:ping']

type ErrorReport = (error: unknown, connection: Connection) => void

/** What client and server have agreed on. */
export interface Agreement {
  /** The subprotocol; '' for none. */
  readonly protocol: string
  readonly extension?: PermessageDeflate | undefined
  /** As the framework writes it. @defaultValue '' */
  readonly route?: string | undefined
  /** @defaultValue the server's */
  readonly role?: Role | undefined
  /** One that was made before there was a wire, with a stand-in behind it. */
  readonly connection?: Connection | undefined
}

/**
 * The inside of one open WebSocket: owns the transport, framing, closing and backpressure, under `Connection`, the
 * outside that users hold. Only this, and what it hands the transport to, knows that: any Duplex.
 */
export class Wire
  implements InboxOwner, IntakeOwner, SenderOwner, ClosingOwner, Watched, Beating, Departing, Holder, Inside
{
  // What each turn needs comes first: with thousands of connections each line of memory that is not in the cache counts.
  readonly connection: Connection
  readonly inbox: Inbox
  readonly sender: Sender
  readonly intake: Intake
  readonly outbox: Outbox
  readonly settings: WireSettings
  readonly role: Role
  /** What the budget was told that we hold. */
  chargedBytes = 0
  readonly #transport: Duplex
  readonly #host: WireHost
  readonly #report: ErrorReport | undefined
  /** The route's handler has not returned, or its promise not settled. */
  #isHandling = true
  /** The transport has closed. */
  #isGone = false
  readonly #deadlines: Deadlines
  /** Before this no deadline can be over, unless something happens first: then it is 0. */
  #quietUntil = 0
  /** There from the first step of the end on: an open connection needs none. */
  #closing: ClosingHandshake | undefined = undefined
  readonly #throttle: Throttle | undefined
  #finishWaiters: (() => void)[] | undefined = undefined
  /** The subprotocol; '' for none. */
  readonly protocol: string
  /** '' for none. */
  readonly extensions: string
  /** What diagnostics call it; '' where there is none. */
  readonly route: string
  /** By the clock, in whole milliseconds. */
  readonly openedAt: number
  /** Of the transport, since the handshake. */
  receivedBytes = 0
  /** 'close' has been emitted. */
  isFinished = false
  /** What has come since our close frame, in bytes. */
  lateBytes = 0
  /** The topics that it is subscribed to; or was, until 'close' has been told. */
  subscriptions: Members<string> = undefined
  topicCharacters = 0
  audience: Audience | undefined = undefined

  /** `report` is told what handlers throw; without it the host is. */
  constructor(
    transport: Duplex,
    settings: WireSettings,
    host: WireHost,
    { protocol, extension, route = '', role = SERVER, connection }: Agreement,
    report?: ErrorReport,
  ) {
    this.#transport = transport
    this.#host = host
    this.#report = report
    this.settings = settings
    this.role = role
    this.protocol = protocol
    this.extensions = extension?.header ?? ''
    this.route = route
    this.openedAt = Math.floor(host.heartbeat.clock.now())
    this.connection = connection ?? new Connection(this)
    this.inbox = connection === undefined ? new Inbox(this.connection, this) : join(connection, this)
    this.intake = new Intake(transport, settings, this, role, extension)
    this.sender = new Sender(transport, settings, this, role, extension)
    this.outbox = this.sender.outbox
    host.heartbeat.add(this, shortestMs(settings))
    this.#deadlines = new Deadlines(settings, this, host.heartbeat.now)
    const { messageRate } = settings
    this.#throttle = messageRate && new Throttle(messageRate, host.heartbeat.clock, () => this.#regulate())
    if (this.audience !== undefined) this.look()
  }

  /**
   * Begins to read, `head` first, after `handler` had its chance to listen. `isBufferShared` lets the transport read into
   * the buffer of all connections, where it can.
   */
  open(head: Buffer, handler: (socket: Connection) => unknown, isBufferShared = false): void {
    this.intake.watch()
    const outcome = this.inbox.call(handler, [this.connection])
    if (typeof outcome === 'boolean') this.#isHandling = false
    else void outcome.then((isFulfilled) => this.#onHandled(isFulfilled))
    this.intake.start(head, isBufferShared)
    if (this.#transport.destroyed) this.onTransportClosed()
  }

  /** 1 open, 2 closing, 3 closed. It is never 0: there is no wire before. */
  get readyState(): 1 | 2 | 3 {
    if (this.#isGone) return 3
    return this.isOpen ? 1 : 2
  }

  get isOpen(): boolean {
    return this.#closing === undefined
  }

  /** As the peer sent it; 1005 if it sent none, 1006 if there was no closing handshake. */
  get closeCode(): number {
    return this.#closing?.code ?? CloseCode.Abnormal
  }

  get closeReason(): Buffer {
    return this.#closing?.reason ?? EMPTY
  }

  /** How the end has begun, if it has. */
  get ending(): Pick<ClosingHandshake, 'by' | 'cause' | 'ownCode'> | undefined {
    return this.#closing
  }

  /** The peer broke the protocol, or a limit: no answer is awaited. */
  get isFailed(): boolean {
    return this.#closing?.isFailed === true
  }

  get isCongested(): boolean {
    return this.sender.isCongested
  }

  get isDeliveringAtOnce(): boolean {
    return this.settings.delivery === 'at-once'
  }

  get isOver(): boolean {
    return this.#isGone
  }

  get pulse(): Pulse {
    return this.#deadlines.pulse
  }

  get stalledMs(): number {
    return this.#deadlines.stalledMs(this.#host.heartbeat.now)
  }

  get wasClean(): boolean {
    return this.closeCode !== CloseCode.Abnormal
  }

  get clock(): Clock {
    return this.#host.heartbeat.clock
  }

  get topics(): WireHost['topics'] {
    return this.#host.topics
  }

  /** What passes is told while there is an audience, and passes by while there is none. */
  look(): void {
    const isLookedAt = this.audience?.isThere === true && !this.#isGone
    if (!isLookedAt) this.audience = undefined
    if (isLookedAt !== this.outbox.isTold) this.#tell()
  }

  deliver(message: PreparedMessage): boolean {
    return this.sender.deliver(message)
  }

  closeAsSlow(): void {
    this.close(SLOW, 'limit', 'slowSubscriber')
  }

  call(listener: (...args: never[]) => unknown, args: unknown[]): boolean | Promise<boolean> {
    return this.inbox.call(listener, args)
  }

  /** `payload` is that of a close frame. RFC 6455 §7.1.2 */
  close(payload: Buffer, by: ClosedBy = 'app', cause?: CauseOfEnd): void {
    if (!this.isOpen) return
    this.#end(by, cause).request(payload)
    if (!this.#isAwaited) this.inbox.discard()
    this.#regulate()
  }

  /**
   * As `close`, and what has come and still comes is nobody's any more: the peer may not be who it was. Returns whether it was open.
   */
  dismiss(payload: Buffer, by: ClosedBy, cause?: CauseOfEnd): boolean {
    const wasOpen = this.isOpen
    this.inbox.discard()
    this.close(payload, by, cause)
    if (this.#closing !== undefined) this.#closing.isDismissed = true
    this.onTaken()
    return wasOpen
  }

  reauthenticate(): Promise<boolean> {
    return this.#host.reauthenticate(this)
  }

  /** The app is shutting down. */
  depart(goodbye: Buffer): void {
    this.close(goodbye, 'shutdown')
  }

  terminate(by: ClosedBy = 'app', cause?: CauseOfEnd): void {
    this.inbox.discard()
    if (this.#isGone) this.#finish()
    else this.#end(by, cause).step('terminated')
  }

  /** Fulfils when 'close' has been emitted. */
  whenFinished(): Promise<void> {
    if (this.isFinished) return Promise.resolve()
    return new Promise((resolve) => {
      this.#finishWaiters ??= []
      this.#finishWaiters.push(resolve)
    })
  }

  closedError(): ConnectionClosedError {
    return new ConnectionClosedError(this.#isGone ? this.closeCode : undefined)
  }

  // What the intake tells.

  onBytes(count: number): void {
    this.receivedBytes += count
    this.pulse.heard(this.#host.heartbeat.now)
    if (!this.isOpen) this.lateBytes += count
    this.#throttle?.onBytes(count)
    this.outbox.beginTurn()
  }

  /** RFC 6455 §7.1.7 */
  onFault(error: ProtocolError): void {
    const limit = limitOf(error)
    if (limit !== undefined && error.code !== 'WS_OVERLOADED') this.#host.onLimit(limit, this)
    this.#end(limit === undefined ? 'peer' : 'limit', limit ?? error.code).fail(
      closePayload(error.closeCode, error.message),
    )
    if (this.connection.listenerCount('error') > 0) this.#emit('error', error)
  }

  onRead(): void {
    if (this.#throttle?.hold()) this.#host.onLimit('messageRate', this)
    this.outbox.endTurn()
    this.#account()
    this.#regulate()
  }

  onEnd(): void {
    this.#end('network').step('transport-ended')
  }

  onTransportClosed(): void {
    if (this.#isGone) return
    this.#end('network').step('transport-closed')
    this.intake.stop()
    this.#isGone = true
    if (this.audience !== undefined) this.look() // for the last time
    this.#host.onClosed(this) // while it is known what was sent
    this.sender.drop()
    this.inbox.pump()
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#closing !== undefined && (this.#closing.isDismissed || !this.#isAwaited)) return
    this.#count()
    this.inbox.add(data, isBinary)
    if (this.inbox.isFull && !this.#dropsUnheard()) this.intake.hold()
  }

  onPing(payload: Buffer): void {
    this.#count()
    if (this.isOpen) this.sender.answerPing(payload)
    this.#emit('ping', payload)
  }

  onPong(payload: Buffer): void {
    this.#count()
    const rttMs = this.pulse.pong(payload, this.#host.heartbeat.clock.now())
    if (rttMs !== undefined) this.#host.onRoundTrip(this, rttMs)
    this.#emit('pong', payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.#end('peer').receive(code, reason)
  }

  // What the closing handshake, the sender and the inbox tell.

  startCloseTimeout(): void {
    this.#deadlines.startClosing(this.#host.heartbeat.now)
  }

  onOverflow(): void {
    this.#exceed('maxUnsentBytes')
  }

  onCongested(): void {
    this.#host.onLimit('maxBufferedBytes', this)
  }

  onPongReplaced(): void {
    this.#host.onLimit('pongs', this)
  }

  onDrained(): void {
    if (this.isOpen) this.#emit('drain')
    this.inbox.pump()
  }

  onUnsent(): void {
    this.#quietUntil = 0 // told at the end of each read and write
    this.#account()
  }

  onLooked(): void {
    this.audience ??= new Audience()
    this.look()
  }

  onTaken(): void {
    this.#account()
    if (!this.#isGone) this.#regulate()
    else if (this.isFinished) this.#settleIfDone()
    else this.#finishIfDone()
  }

  onHandlerError(error: unknown): void {
    if (error instanceof ConnectionClosedError && !this.isOpen) return // the peer was faster: nobody's fault
    this.#host.onHandlerFailed(this, error)
    if (this.#report === undefined) this.#host.onHandlerError(error, this.connection)
    else this.#report(error, this.connection)
  }

  /** Every deadline of this connection, looked at once a tick; of an idle one that is the next ping, and nothing before. */
  beat(now: number): void {
    if (this.isOpen && now < this.#quietUntil) return
    if (this.#isGone) {
      if (this.#deadlines.isTakingDue(now)) this.#giveUp()
      return
    }
    if (this.#closing?.isClosed) return
    const due = this.#deadlines.due(now)
    if (due !== undefined) this.#onDue(due)
    else if (this.isOpen) this.#checkPulse(now)
    this.#quietUntil = this.#deadlines.quietUntil(now)
  }

  /** The budget of all connections is spent, and this one has spent most of it. */
  evict(): void {
    this.inbox.discard()
    // What is unsent lies in front of any close frame, and counts until the transport is gone.
    if (!this.isOpen || this.outbox.unsentBytes > 0) this.terminate('limit', 'maxTotalBytes')
    else this.onFault(new ProtocolError('WS_OVERLOADED'))
    this.#account()
    this.#host.onLimit('maxTotalBytes', this)
  }

  #onDue(due: Due): void {
    if (due === 'messageTimeoutMs') {
      this.onFault(new ProtocolError('WS_MESSAGE_TIMEOUT'))
      return
    }
    this.#host.onLimit(due, this)
    if (due === 'maxLifetimeMs') this.close(OLD, 'limit', due)
    else if (due === 'closeTimeoutMs') this.#end('limit', due).step('timed-out')
    else this.terminate('limit', due)
  }

  /** Asked for only to take a step: from the first time on the connection is not open. */
  #end(by: ClosedBy, cause?: CauseOfEnd): ClosingHandshake {
    if (this.#closing === undefined) {
      this.#closing = new ClosingHandshake(this.#transport, this, by, cause)
      if (this.subscriptions !== undefined) this.#host.topics.leave(this)
    }
    return this.#closing
  }

  #exceed(limit: LimitName): void {
    if (this.#closing?.isClosed) return
    this.#host.onLimit(limit, this)
    this.terminate('limit', limit)
  }

  /** @throws ProtocolError for one more than may come */
  #count(): void {
    if (this.#throttle === undefined) return
    this.#throttle.onMessage()
    if (this.#throttle.isDue) this.intake.hold()
  }

  /** After the transport's end, 'close' waits for the messages that came before it, if anybody takes them. */
  #finishIfDone(): void {
    if (!this.inbox.isEmpty && this.#isAwaited) return
    // The last may still be in a promise, on its way to the loop.
    if (this.inbox.isIterated) setImmediate(() => this.#finish())
    else this.#finish()
  }

  /** Nobody takes what is left. */
  #giveUp(): void {
    if (this.#isAwaited && !this.inbox.isEmpty) this.#host.onLost(this.inbox.length)
    this.inbox.discard()
    this.#finish()
  }

  /** Whether anybody takes messages, or may yet: the handler is still at something else. */
  get #isAwaited(): boolean {
    return this.inbox.hasConsumer || this.#isHandling
  }

  /** Who never listens would else keep us from reading anything: their pings, and their close. */
  #dropsUnheard(): boolean {
    if (!this.isDeliveringAtOnce || this.#isAwaited || this.inbox.isPaused) return false
    this.inbox.discard()
    return true
  }

  #settleIfDone(): void {
    if (this.#isHandling || this.inbox.isBusy) return
    this.#host.onSettled(this)
  }

  #finish(): void {
    if (this.isFinished) return
    this.isFinished = true
    this.#throttle?.stop()
    this.#host.heartbeat.delete(this)
    if (!this.role.keepsMessages) this.inbox.discard()
    this.#account()
    this.#emit('close', this.closeCode, this.closeReason)
    this.subscriptions = undefined
    for (const resolve of this.#finishWaiters ?? []) resolve()
    this.#settleIfDone()
  }

  #onHandled(isFulfilled: boolean): void {
    this.#isHandling = false
    if (this.inbox.isFull) this.#dropsUnheard()
    if (this.inbox.wasIterated) this.close(closePayload(isFulfilled ? CloseCode.Normal : CloseCode.InternalError, ''))
    this.onTaken()
  }

  #checkPulse(now: number): void {
    const action = this.pulse.beat(now, this.outbox.unsentBytes === 0, this.intake.isListening)
    if (action === 'dead') this.#exceed('pongTimeoutMs')
    if (action !== 'ping') return
    this.sender.control(Opcode.Ping, this.pulse.ping(this.#host.heartbeat.clock.now()))
    if (PINGS.hasSubscribers) PINGS.publish({ connection: this.connection, route: this.route })
  }

  /** What passes is told from now on, or not any more. */
  #tell(): void {
    const { connection, route, audience } = this
    const of = audience && { connection, route, audience }
    this.intake.tell(of, this.role.hearsMasked)
    this.outbox.tell(of, !this.role.hearsMasked)
  }

  /** Tells the budget what we hold now. */
  #account(): void {
    const held = this.#transport.destroyed
      ? this.#heldAtEnd
      : this.intake.heldBytes + this.inbox.bytes + this.sender.chargedBytes
    const more = held - this.chargedBytes
    this.chargedBytes = held
    if (more !== 0) this.#host.budget.charge(more)
  }

  /** What may be left in the inbox when all is over is no affair of the budget's: nobody could be made to let go of it. */
  get #heldAtEnd(): number {
    return this.isFinished ? 0 : this.intake.heldBytes + this.inbox.bytes
  }

  /** Reading follows what can be taken: it stops when the inbox is full, or when the peer does not take our answers. */
  #regulate(): void {
    if (this.#closing?.isEnding) return
    const mayRead = !this.isCongested && this.#throttle?.isHolding !== true
    this.intake.follow(mayRead && (this.intake.isReading ? !this.inbox.isFull : this.inbox.hasRoom))
  }

  /** Listeners one by one, so that one which throws keeps no other from being called. */
  #emit(event: keyof ConnectionEvents, ...args: unknown[]): void {
    for (const listener of this.connection.rawListeners(event)) {
      void this.inbox.call(listener as (...args: never[]) => unknown, args)
    }
  }
}
