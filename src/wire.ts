import { constants } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { ConnectionClosedError } from './closed-error.ts'
import { Connection } from './connection.ts'
import type { Departing } from './drain.ts'
import type { ConnectionEvents } from './events.ts'
import type { Beating, Heartbeat } from './heartbeat.ts'
import { Inbox, type InboxOwner } from './inbox.ts'
import type { ConnectionSettings } from './options.ts'
import type { Outbox } from './outbox.ts'
import { Progress } from './progress.ts'
import { CloseCode } from './protocol/close-code.ts'
import { type ClosingAction, type ClosingEvent, type ClosingState, step } from './protocol/closing.ts'
import { ProtocolError } from './protocol/errors.ts'
import { FrameParser } from './protocol/frame-parser.ts'
import { closePayload, FIN } from './protocol/frame-writer.ts'
import { MessageAssembler, type MessageSink } from './protocol/message-assembler.ts'
import { Opcode } from './protocol/opcode.ts'
import { Pulse } from './pulse.ts'
import { Sender, type SenderOwner } from './sender.ts'

/** What a message that was begun must bring of itself in each `messageTimeoutMs`. */
const MESSAGE_PROGRESS_BYTES = 1_024
/** What an honest peer may have sent before it saw our close frame; its answer lies behind it. */
const UNDER_WAY_BYTES = 262_144
const NOTHING = Buffer.alloc(0)
const ignore = (): void => undefined

/** The app around a connection. */
export interface WireHost {
  readonly heartbeat: Heartbeat
  /** Something that a handler or listener threw, or rejected with. */
  onHandlerError(error: unknown, connection: Connection): void
  /** The transport is gone. */
  onClosed(wire: Wire): void
  /** 'close' has been emitted, and no code of the application's is at work any more. */
  onSettled(wire: Wire): void
}

/**
 * The inside of one open WebSocket: owns the transport, framing, closing and backpressure, under `Connection`, the
 * outside that users hold. The only place that catches a `ProtocolError`, and that knows the transport: any Duplex.
 */
export class Wire implements MessageSink, InboxOwner, SenderOwner, Beating, Departing {
  readonly connection: Connection
  readonly inbox: Inbox
  readonly sender: Sender
  readonly pulse: Pulse
  /** The subprotocol; '' for none. */
  readonly protocol: string
  closeCode: number = CloseCode.Abnormal
  closeReason: Buffer = NOTHING
  /** 'close' has been emitted. */
  isFinished = false
  readonly #transport: Duplex
  readonly #outbox: Outbox
  readonly #settings: ConnectionSettings
  readonly #host: WireHost
  readonly #assembler: MessageAssembler
  readonly #parser: FrameParser
  #state: ClosingState = 'open'
  /** The payload of our close frame, once there is a reason for one. */
  #ownClose: Buffer = NOTHING
  /** The route's handler has not returned, or its promise not settled. */
  #isHandling = true
  #isReading = true
  #isFailed = false
  /** The transport has closed. */
  #isGone = false
  #messagesSeen = 0
  #takenSeen = 0
  /** What has come since our close frame, in bytes. */
  #lateBytes = 0
  /** The part of a chunk that the full inbox had no room for. */
  #rest: Buffer | undefined = undefined
  /** When the closing handshake ends, in the heartbeat's time. */
  #deadline = Infinity
  readonly #sending: Progress
  readonly #receiving: Progress
  #finishWaiters: (() => void)[] | undefined = undefined

  constructor(transport: Duplex, settings: ConnectionSettings, host: WireHost, protocol: string) {
    this.#transport = transport
    this.#settings = settings
    this.#host = host
    this.protocol = protocol
    this.connection = new Connection(this)
    this.inbox = new Inbox(this.connection, this)
    this.sender = new Sender(transport, settings, this)
    this.#outbox = this.sender.outbox
    // A text longer than a string can be could not be handed over.
    const maxMessageBytes = Math.min(settings.maxMessageBytes, constants.MAX_STRING_LENGTH)
    this.#assembler = new MessageAssembler(this, { maxMessageBytes, maxFragments: settings.maxFragments })
    this.#parser = new FrameParser(this.#assembler, { rsv1Allowed: false })
    const { closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs } = settings
    const shortest = Math.min(closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs)
    host.heartbeat.add(this, shortest)
    const { now } = host.heartbeat
    this.pulse = new Pulse(settings.pingIntervalMs, settings.pongTimeoutMs, now)
    this.#sending = new Progress(now)
    this.#receiving = new Progress(now)
  }

  /** Begins to read, `head` first, after `handler` had its chance to listen. */
  open(head: Buffer, handler: (socket: Connection) => unknown): void {
    const transport = this.#transport
    transport.on('data', (chunk: Buffer) => this.#receive(chunk))
    transport.on('end', () => this.#step('transport-ended'))
    transport.on('error', ignore) // 'close' follows, and says all that users need
    transport.on('close', () => this.#onTransportClosed())
    const outcome = this.inbox.call(handler, [this.connection])
    if (typeof outcome === 'boolean') this.#isHandling = false
    else void outcome.then((isFulfilled) => this.#onHandled(isFulfilled))
    if (head.length > 0) this.#receive(head)
    if (transport.destroyed) this.#onTransportClosed()
    else if (this.#isReading && this.#rest === undefined) transport.resume()
  }

  /** 1 open, 2 closing, 3 closed. It is never 0: users get no connection before it is open. */
  get readyState(): 1 | 2 | 3 {
    if (this.#isGone) return 3
    return this.#state === 'open' ? 1 : 2
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isCongested(): boolean {
    return this.sender.isCongested
  }

  get isOver(): boolean {
    return this.#isGone
  }

  get wasClean(): boolean {
    return this.closeCode !== CloseCode.Abnormal
  }

  /** `payload` is that of a close frame. RFC 6455 §7.1.2 */
  close(payload: Buffer): void {
    if (this.#state !== 'open') return
    this.#ownClose = payload
    this.#step('close-requested')
    if (!this.#isAwaited) this.inbox.discard()
    this.#regulate()
  }

  /** The app is shutting down. */
  depart(goodbye: Buffer): void {
    this.close(goodbye)
  }

  terminate(): void {
    this.inbox.discard()
    if (this.#isGone) this.#finish()
    else this.#step('terminated')
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

  // What the assembler tells.

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#state !== 'open' && !this.#isAwaited) return
    this.inbox.add(data, isBinary)
    if (this.inbox.isFull) this.#parser.hold() // one chunk can hold ten thousand messages
  }

  onPing(payload: Buffer): void {
    if (this.isOpen) this.sender.answerPing(payload)
    this.#emit('ping', payload)
  }

  onPong(payload: Buffer): void {
    this.pulse.pong(payload, this.#host.heartbeat.clock.now())
    this.#emit('pong', payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.closeCode = code
    this.closeReason = Buffer.from(reason)
    this.#step('close-received')
  }

  // What the sender and the inbox tell.

  onOverflow(): void {
    this.terminate()
  }

  onDrained(): void {
    if (this.isOpen) this.#emit('drain')
    this.inbox.pump()
  }

  onTaken(): void {
    if (!this.#isGone) this.#regulate()
    else if (this.isFinished) this.#settleIfDone()
    else this.#finishIfDone()
  }

  onHandlerError(error: unknown): void {
    if (error instanceof ConnectionClosedError && !this.isOpen) return // the peer was faster: nobody's fault
    this.#host.onHandlerError(error, this.connection)
  }

  /** Every deadline of this connection, looked at once a tick. */
  beat(now: number): void {
    if (this.#isGone) {
      if (this.#receiving.stalledMs(now, this.inbox.taken, 1) >= this.#settings.closeTimeoutMs) this.#finish()
      return
    }
    this.#checkClosing(now)
    this.#checkSending(now)
    if (this.#state !== 'open') return
    this.#checkMessage(now)
    this.#checkPulse(now)
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'ending' || this.#state === 'closed') return // read so that FIN does not become RST
    if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest, chunk]) // a stream may be resumed behind our back, see #regulate
      this.#transport.pause()
      return
    }
    this.pulse.heard(this.#host.heartbeat.now)
    if (!this.isOpen) this.#lateBytes += chunk.length
    this.#outbox.beginTurn()
    try {
      const taken = this.#parser.push(chunk)
      if (taken < chunk.length) this.#rest = chunk.subarray(taken)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
    this.#outbox.endTurn()
    this.#regulate()
  }

  /** The peer broke the protocol, or a limit. RFC 6455 §7.1.7 */
  #fail(error: ProtocolError): void {
    this.#ownClose = closePayload(error.closeCode, error.message)
    this.#isFailed = true
    this.#step('peer-failed')
    if (this.connection.listenerCount('error') > 0) this.#emit('error', error)
  }

  #step(event: ClosingEvent): void {
    const { state, actions } = step(this.#state, event)
    this.#state = state
    for (const action of actions) this.#act(action)
  }

  #act(action: ClosingAction): void {
    switch (action) {
      case 'send-close':
        this.#outbox.addFrame(FIN, Opcode.Close, this.#ownClose)
        return
      case 'echo-close':
        this.#outbox.addFrame(
          FIN,
          Opcode.Close,
          this.closeCode === CloseCode.NoStatus ? NOTHING : closePayload(this.closeCode, ''),
        )
        return
      case 'start-timeout':
        this.#deadline = this.#host.heartbeat.now + this.#settings.closeTimeoutMs
        return
      case 'end-transport':
        this.#parser.stop()
        this.#rest = undefined
        this.#outbox.end()
        this.#read(true)
        return
      case 'destroy-transport':
        this.#parser.stop()
        this.#transport.destroy()
    }
  }

  #onTransportClosed(): void {
    if (this.#isGone) return
    this.#step('transport-closed')
    this.#parser.stop()
    this.#isGone = true
    this.sender.drop(this.closedError())
    this.#host.onClosed(this)
    this.#receiving.rest(this.#host.heartbeat.now, this.inbox.taken)
    this.inbox.pump()
  }

  /** After the transport's end, 'close' waits for the messages that came before it, if anybody takes them. */
  #finishIfDone(): void {
    if (this.inbox.isEmpty || !this.#isAwaited) this.#finish()
  }

  /** Whether anybody takes messages, or may yet: the handler is still at something else. */
  get #isAwaited(): boolean {
    return this.inbox.hasConsumer || this.#isHandling
  }

  #settleIfDone(): void {
    if (this.#isHandling || this.inbox.isBusy) return
    this.#host.onSettled(this)
  }

  #finish(): void {
    if (this.isFinished) return
    this.isFinished = true
    this.#host.heartbeat.delete(this)
    this.inbox.discard()
    this.#emit('close', this.closeCode, this.closeReason)
    for (const resolve of this.#finishWaiters ?? []) resolve()
    this.#settleIfDone()
  }

  #onHandled(isFulfilled: boolean): void {
    this.#isHandling = false
    if (this.inbox.wasIterated) this.close(closePayload(isFulfilled ? CloseCode.Normal : CloseCode.InternalError, ''))
    this.onTaken()
  }

  #checkClosing(now: number): void {
    if (this.#deadline === Infinity) return
    const isFlushing = this.#outbox.unsentBytes > 0 && !this.#isFailed
    const isCatchingUp = !this.#isReading && this.inbox.taken !== this.#takenSeen && this.#lateBytes < UNDER_WAY_BYTES
    this.#takenSeen = this.inbox.taken
    if (isFlushing || isCatchingUp) this.#deadline = now + this.#settings.closeTimeoutMs
    if (now >= this.#deadline) this.#step('timed-out')
  }

  #checkSending(now: number): void {
    if (this.#outbox.unsentBytes === 0) this.#sending.rest(now, this.#outbox.writtenBytes)
    else if (this.#sending.stalledMs(now, this.#outbox.writtenBytes, 1) >= this.#settings.sendTimeoutMs)
      this.terminate()
  }

  #checkMessage(now: number): void {
    const isBegun = !this.#parser.isIdle || !this.#assembler.isIdle
    const unfinished = this.#parser.unfinishedBytes + this.#assembler.unfinishedBytes
    if (!isBegun || !this.#isReading || this.#messagesSeen !== this.#assembler.messages) {
      this.#messagesSeen = this.#assembler.messages
      this.#receiving.rest(now, unfinished)
    } else if (this.#receiving.stalledMs(now, unfinished, MESSAGE_PROGRESS_BYTES) >= this.#settings.messageTimeoutMs) {
      this.#parser.stop()
      this.#fail(new ProtocolError('WS_MESSAGE_TIMEOUT'))
    }
  }

  #checkPulse(now: number): void {
    const action = this.pulse.beat(now, this.#outbox.unsentBytes === 0, this.#isReading)
    if (action === 'dead') this.terminate()
    if (action === 'ping') this.sender.control(Opcode.Ping, this.pulse.ping(this.#host.heartbeat.clock.now()))
  }

  /** Reading follows what can be taken: it stops when the inbox is full, or when the peer does not take our answers. */
  #regulate(): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    const mayRead = !this.isCongested && (this.#isReading ? !this.inbox.isFull : this.inbox.hasRoom)
    // A stream may have been resumed behind our back: Node does so when its last 'readable' listener goes.
    const isAsWanted = this.#transport.isPaused() !== (mayRead && this.#rest === undefined)
    if (mayRead !== this.#isReading || !isAsWanted) this.#read(mayRead)
  }

  #read(reading: boolean): void {
    this.#isReading = reading
    if (reading && this.#rest === undefined) this.#transport.resume()
    else this.#transport.pause()
    if (reading && this.#rest !== undefined) process.nextTick(() => this.#takeRest())
  }

  /** What lay behind the message that filled the inbox comes before anything new. */
  #takeRest(): void {
    const rest = this.#rest
    if (rest === undefined) return
    this.#rest = undefined
    this.#receive(rest)
    if (this.#isReading && this.#rest === undefined) this.#transport.resume()
  }

  /** Listeners one by one, so that one which throws keeps no other from being called. */
  #emit(event: keyof ConnectionEvents, ...args: unknown[]): void {
    for (const listener of this.connection.rawListeners(event)) {
      void this.inbox.call(listener as (...args: never[]) => unknown, args)
    }
  }
}
