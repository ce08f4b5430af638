import type { Duplex } from 'node:stream'
import type { CauseOfEnd, ClosedBy } from './diagnostics-events.ts'
import { cut } from './http2/cut.ts'
import type { Intake } from './intake.ts'
import { ownCopy } from './own-copy.ts'
import { CloseCode } from './protocol/close-code.ts'
import type { ClosingAction, ClosingEvent, ClosingState } from './protocol/closing.ts'
import { closePayload, FIN } from './protocol/frame-writer.ts'
import { EMPTY } from './protocol/growing-buffer.ts'
import { Opcode } from './protocol/opcode.ts'
import type { Role } from './role.ts'
import type { Sender } from './sender.ts'

/** Implemented by `Wire`. */
export interface ClosingOwner {
  readonly role: Role
  readonly sender: Sender
  readonly intake: Intake
  /** The peer's time to do its part begins. */
  startCloseTimeout(): void
}

/** The closing handshake of one connection, from its first step on: does what the table says. RFC 6455 §7 */
export class ClosingHandshake {
  /** As the peer sent it; 1005 for a close frame without one, 1006 for none. */
  code: number = CloseCode.Abnormal
  reason: Buffer = EMPTY
  /** The peer broke the protocol, or a limit: no answer is awaited. */
  isFailed = false
  /** It may not stay: what it still sends is dropped. */
  isDismissed = false
  /** Who took the first step. */
  readonly by: ClosedBy
  /** The limit that was reached, or the rule that was broken. */
  readonly cause: CauseOfEnd | undefined
  readonly #transport: Duplex
  readonly #owner: ClosingOwner
  #state: ClosingState = 'open'
  /** The payload of our close frame, once there is a reason for one. */
  #ownClose: Buffer = EMPTY

  constructor(transport: Duplex, owner: ClosingOwner, by: ClosedBy, cause: CauseOfEnd | undefined) {
    this.by = by
    this.cause = cause
    this.#transport = transport
    this.#owner = owner
  }

  /** The code of our close frame; undefined where it has none, or we only answer the peer's. */
  get ownCode(): number | undefined {
    return this.#ownClose.length < 2 ? undefined : this.#ownClose.readUInt16BE()
  }

  /** Nothing that still comes in matters. */
  get isEnding(): boolean {
    return this.#state !== 'open' && this.#state !== 'close-sent'
  }

  /** The transport is gone, or as good as that. */
  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** `payload` is that of our close frame. RFC 6455 §7.1.2 */
  request(payload: Buffer): void {
    this.#ownClose = payload
    this.step('close-requested')
  }

  /** RFC 6455 §7.1.7 */
  fail(payload: Buffer): void {
    if (this.#state === 'open') this.#ownClose = payload
    this.isFailed = true
    this.step('peer-failed')
  }

  /** RFC 6455 §7.1.5, §7.1.6 */
  receive(code: number, reason: Buffer): void {
    this.code = code
    this.reason = ownCopy(reason)
    this.step('close-received')
  }

  step(event: ClosingEvent): void {
    const { state, actions } = this.#owner.role.step(this.#state, event)
    this.#state = state
    this.#owner.sender.dropHeld()
    for (const action of actions) this.#act(action)
  }

  #act(action: ClosingAction): void {
    const { outbox } = this.#owner.sender
    switch (action) {
      case 'send-close':
        outbox.addFrame(FIN, Opcode.Close, this.#ownClose)
        return
      case 'echo-close':
        outbox.addFrame(FIN, Opcode.Close, this.code === CloseCode.NoStatus ? EMPTY : closePayload(this.code, ''))
        return
      case 'start-timeout':
        this.#owner.startCloseTimeout()
        return
      case 'end-transport':
        this.#owner.intake.stop()
        outbox.end()
        this.#owner.intake.follow(true)
        return
      case 'await-end':
        this.#owner.intake.stop()
        this.#owner.intake.follow(true)
        return
      case 'destroy-transport':
        this.#owner.intake.stop()
        cut(this.#transport)
    }
  }
}
