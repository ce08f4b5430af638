import type { Duplex } from 'node:stream'
import { ConnectionClosedError } from './closed-error.ts'
import { Connection } from './connection.ts'
import type { Departing } from './drain.ts'
import type { Beating, Heartbeat } from './heartbeat.ts'
import { Inbox, type InboxOwner } from './inbox.ts'
import type { ConnectionSettings } from './options.ts'
import { Outbox, type SendCallback } from './outbox.ts'
import { Progress } from './progress.ts'
import { CloseCode } from './protocol/close-code.ts'
import { type ClosingAction, type ClosingEvent, type ClosingState, step } from './protocol/closing.ts'
import { ProtocolError } from './protocol/errors.ts'
import { FrameParser } from './protocol/frame-parser.ts'
import { closePayload, FIN } from './protocol/frame-writer.ts'
import { MessageAssembler, type MessageSink } from './protocol/message-assembler.ts'
import { Opcode } from './protocol/opcode.ts'
import { Pulse } from './pulse.ts'

/** What a message that was begun must bring of itself in each `messageTimeoutMs`. */
const MESSAGE_PROGRESS_BYTES = 1_024
const NOTHING = Buffer.alloc(0)
const ignore = (): void => undefined

/** The app around a connection. */
export interface WireHost {
  readonly heartbeat: Heartbeat
  /** Something that a handler or listener threw, or rejected with. */
  onHandlerError(error: unknown, connection: Connection): void
  /** The transport is gone. */
  onClosed(wire: Wire): void
}

/**
 * The inside of one open WebSocket: owns the transport, framing, closing and backpressure, under `Connection`, the
 * outside that users hold. The only place that catches a `ProtocolError`, and that knows the transport: any Duplex.
 */
export class Wire implements MessageSink, InboxOwner, Beating, Departing {
  readonly connection: Connection
  readonly inbox: Inbox
  readonly outbox: Outbox
  /** The subprotocol; '' for none. */
  readonly protocol: string
  /** The last round trip of the heartbeat's ping, in milliseconds. */
  rtt: number | undefined = undefined
  closeCode: number = CloseCode.Abnormal
  closeReason: Buffer = NOTHING
  /** 'close' has been emitted. */
  isFinished = false
  readonly #transport: Duplex
  readonly #settings: ConnectionSettings
  readonly #host: WireHost
  readonly #assembler: MessageAssembler
  readonly #parser: FrameParser
  readonly #pulse: Pulse
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
  /** More was unsent than `maxBufferedBytes`, and half of it still is. */
  #isCongested = false
  /** A fragmented message of ours is under way. */
  #isFragmenting = false
  /** The newest ping that could not be answered yet. RFC 6455 §5.5.3 */
  #pongDue: Buffer | undefined = undefined
  #pingCount = 0
  #pingSentAt = -1
  /** When the closing handshake ends, in the heartbeat's time. */
  #deadline = Infinity
  readonly #sending: Progress
  readonly #receiving: Progress
  #drainWaiters: { resolve(): void; reject(error: Error): void }[] = []

  constructor(transport: Duplex, settings: ConnectionSettings, host: WireHost, protocol: string) {
    this.#transport = transport
    this.#settings = settings
    this.#host = host
    this.protocol = protocol
    this.connection = new Connection(this)
    this.inbox = new Inbox(this.connection, this)
    this.outbox = new Outbox(transport, this)
    this.#assembler = new MessageAssembler(this, settings)
    this.#parser = new FrameParser(this.#assembler, { rsv1Allowed: false })
    const { now } = host.heartbeat
    this.#pulse = new Pulse(settings.pingIntervalMs, settings.pongTimeoutMs, now)
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
    const { closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs } = this.#settings
    const shortest = Math.min(closeTimeoutMs, pingIntervalMs, pongTimeoutMs, messageTimeoutMs, sendTimeoutMs)
    this.#host.heartbeat.add(this, shortest)
    const promise = this.inbox.call(handler, [this.connection])
    if (promise === undefined) this.#isHandling = false
    else void promise.then(() => this.#onHandled())
    if (head.length > 0) this.#receive(head)
    if (transport.destroyed) this.#onTransportClosed()
    else if (this.#isReading) transport.resume()
  }

  /** 1 open, 2 closing, 3 closed. It is never 0: users get no connection before it is open. */
  get readyState(): 1 | 2 | 3 {
    if (this.#isGone) return 3
    return this.#state === 'open' ? 1 : 2
  }

  get isCongested(): boolean {
    return this.#isCongested && !this.#isGone
  }

  get isOver(): boolean {
    return this.#isGone
  }

  get wasClean(): boolean {
    return this.closeCode !== CloseCode.Abnormal
  }

  /** Sends a message, or a part of one. Returns false above the high-water mark, and when nothing can be sent any more. */
  sendData(opcode: number, data: string | Buffer, fin: boolean, callback: SendCallback | undefined): boolean {
    if (!this.#maySend(callback)) return false
    const flags = fin ? FIN : 0
    const frameOpcode = this.#isFragmenting ? Opcode.Continuation : opcode
    this.#isFragmenting = !fin
    if (typeof data === 'string') this.outbox.addText(flags, frameOpcode, data)
    else this.outbox.addFrame(flags, frameOpcode, data)
    return this.#sent(callback)
  }

  /** Sends a message that was framed before. */
  sendFramed(frame: Buffer, callback: SendCallback | undefined): boolean {
    if (this.#isFragmenting) throw new Error('a prepared message cannot be sent between the fragments of another')
    if (!this.#maySend(callback)) return false
    this.outbox.addRaw(frame)
    return this.#sent(callback)
  }

  sendControl(opcode: number, payload: Buffer, callback: SendCallback | undefined): void {
    if (!this.#maySend(callback)) return
    this.outbox.addFrame(FIN, opcode, payload)
    this.#sent(callback)
  }

  /** `payload` is that of a close frame. RFC 6455 §7.1.2 */
  close(payload: Buffer): void {
    if (this.#state !== 'open') return
    this.#ownClose = payload
    this.#step('close-requested')
    if (!this.inbox.hasConsumer) this.inbox.discard()
    this.#regulate()
  }

  /** The app is shutting down. */
  depart(goodbye: Buffer): void {
    this.close(goodbye)
  }

  terminate(): void {
    this.inbox.discard()
    this.#step('terminated')
  }

  drained(): Promise<void> {
    if (this.#state !== 'open') return handled(Promise.reject(this.#closedError()))
    if (!this.#isCongested) return Promise.resolve()
    return handled(new Promise((resolve, reject) => this.#drainWaiters.push({ resolve, reject })))
  }

  // What the assembler tells.

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#state !== 'open' && !this.inbox.hasConsumer) return
    this.inbox.add(data, isBinary)
  }

  onPing(payload: Buffer): void {
    if (this.#state === 'open') {
      if (this.outbox.isStuck) this.#pongDue = Buffer.from(payload)
      else this.outbox.addFrame(FIN, Opcode.Pong, payload)
    }
    this.#emit('ping', payload)
  }

  onPong(payload: Buffer): void {
    if (this.#pingSentAt >= 0 && payload.length === 4 && payload.readUInt32BE(0) === this.#pingCount) {
      this.rtt = this.#host.heartbeat.clock.now() - this.#pingSentAt
      this.#pingSentAt = -1
    }
    this.#emit('pong', payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.closeCode = code
    this.closeReason = Buffer.from(reason)
    this.#step('close-received')
  }

  // What the outbox and the inbox tell.

  onSent(): void {
    if (this.#pongDue !== undefined && !this.outbox.isStuck) {
      if (this.#state === 'open') this.outbox.addFrame(FIN, Opcode.Pong, this.#pongDue)
      this.#pongDue = undefined
    }
    if (!this.#isCongested || this.outbox.unsentBytes > this.#settings.maxBufferedBytes / 2) return
    this.#isCongested = false
    for (const { resolve } of this.#drainWaiters.splice(0)) resolve()
    if (this.#state === 'open') this.#emit('drain')
    this.inbox.pump()
  }

  onTaken(): void {
    if (this.#isGone) this.#finishIfDone()
    else this.#regulate()
  }

  onHandlerError(error: unknown): void {
    if (error instanceof ConnectionClosedError) return // the peer was faster than the handler: nobody's fault
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
    this.#pulse.heard(this.#host.heartbeat.now)
    this.outbox.beginTurn()
    try {
      this.#parser.push(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
    this.outbox.endTurn()
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
        this.outbox.addFrame(FIN, Opcode.Close, this.#ownClose)
        return
      case 'echo-close':
        this.outbox.addFrame(
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
        this.outbox.end()
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
    const error = this.#closedError()
    this.outbox.drop(error)
    for (const { reject } of this.#drainWaiters.splice(0)) reject(error)
    this.#host.onClosed(this)
    this.#receiving.rest(this.#host.heartbeat.now, this.inbox.taken)
    this.inbox.pump()
  }

  /** After the transport's end, 'close' waits for the messages that came before it, if anybody takes them. */
  #finishIfDone(): void {
    if (this.inbox.isEmpty || !(this.inbox.hasConsumer || this.#isHandling)) this.#finish()
  }

  #finish(): void {
    if (this.isFinished) return
    this.isFinished = true
    this.#host.heartbeat.delete(this)
    this.inbox.discard()
    this.#emit('close', this.closeCode, this.closeReason)
  }

  #onHandled(): void {
    this.#isHandling = false
    if (this.inbox.wasIterated) this.close(closePayload(CloseCode.Normal, ''))
    if (this.#isGone) this.#finishIfDone()
  }

  #checkClosing(now: number): void {
    const isFlushing = this.outbox.unsentBytes > 0 && !this.#isFailed
    if (this.#deadline !== Infinity && isFlushing) this.#deadline = now + this.#settings.closeTimeoutMs
    if (now >= this.#deadline) this.#step('timed-out')
  }

  #checkSending(now: number): void {
    if (this.outbox.unsentBytes === 0) this.#sending.rest(now, this.outbox.writtenBytes)
    else if (this.#sending.stalledMs(now, this.outbox.writtenBytes, 1) >= this.#settings.sendTimeoutMs) this.terminate()
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
    const action = this.#pulse.beat(now, this.outbox.unsentBytes === 0, this.#isReading)
    if (action === 'dead') this.terminate()
    if (action === 'ping') this.#ping()
  }

  #ping(): void {
    this.#pingCount = (this.#pingCount + 1) >>> 0
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#pingCount)
    this.#pingSentAt = this.#host.heartbeat.clock.now()
    this.outbox.addFrame(FIN, Opcode.Ping, payload)
  }

  /** Reading follows what can be taken: it stops when the inbox is full, or when the peer does not take our answers. */
  #regulate(): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    const mayRead = !this.#isCongested && (this.#isReading ? !this.inbox.isFull : this.inbox.hasRoom)
    if (mayRead !== this.#isReading) this.#read(mayRead)
  }

  #read(reading: boolean): void {
    this.#isReading = reading
    if (reading) this.#transport.resume()
    else this.#transport.pause()
  }

  /** Whether anything may be sent; if not, `callback` hears why. */
  #maySend(callback: SendCallback | undefined): boolean {
    if (this.#state === 'open' && this.outbox.unsentBytes > this.#settings.maxUnsentBytes) this.terminate()
    if (this.#state === 'open') return true
    if (callback !== undefined) process.nextTick(callback, this.#closedError())
    return false
  }

  #sent(callback: SendCallback | undefined): boolean {
    if (callback !== undefined) this.outbox.onWritten(callback)
    if (this.outbox.unsentBytes > this.#settings.maxBufferedBytes) this.#isCongested = true
    return !this.#isCongested
  }

  #closedError(): ConnectionClosedError {
    return new ConnectionClosedError(this.#isGone ? this.closeCode : undefined)
  }

  #emit(event: string, ...args: unknown[]): void {
    try {
      this.connection.emit(event, ...args)
    } catch (error) {
      this.onHandlerError(error)
    }
  }
}

/** Whoever awaits it hears of a rejection; whoever does not is not punished with an unhandled one. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined)
  return promise
}
