import type { FrameSink } from '../../src/protocol/frame-parser.ts'
import { Opcode } from '../../src/protocol/opcode.ts'

const NAMES = Object.fromEntries(Object.entries(Opcode).map(([name, opcode]) => [opcode, name.toLowerCase()]))

/** Writes down frames, and checks the order of the calls that lead to each. */
export class FrameRecorder implements FrameSink {
  readonly log: string[] = []
  readonly lengths: number[] = []
  readonly payloads: Buffer[] = []
  /** What each payload was when it came, to see whether it is written to later. */
  readonly copies: Buffer[] = []
  #header: string | undefined
  #seen: Buffer[] = []

  onHeader(fin: boolean, rsv1: boolean, opcode: number, payloadLength: number): void {
    if (this.#header !== undefined) this.log.push('a header before the last frame was over')
    this.#header = `${fin} ${rsv1} ${opcode} ${payloadLength}`
    this.lengths.push(payloadLength)
  }

  onPayload(part: Buffer): void {
    if (this.#header === undefined || part.length === 0) this.log.push('a part of nothing')
    this.#seen.push(Buffer.from(part))
  }

  onFrame(fin: boolean, rsv1: boolean, opcode: number, payload: Buffer): void {
    if (this.#header !== `${fin} ${rsv1} ${opcode} ${payload.length}`) this.log.push(`a frame unlike ${this.#header}`)
    const seen = Buffer.concat(this.#seen)
    if (!payload.subarray(0, seen.length).equals(seen)) this.log.push('a frame unlike its parts')
    if (opcode >= 8 && seen.length > 0) this.log.push('a part of a control frame')
    this.#header = undefined
    this.#seen = []
    this.payloads.push(payload)
    this.copies.push(Buffer.from(payload))
    const text = payload.length > 40 ? `${payload.length} bytes` : JSON.stringify(payload.toString('latin1'))
    this.log.push(`${fin ? 'fin ' : ''}${rsv1 ? 'rsv1 ' : ''}${NAMES[opcode]} ${text}`)
  }
}
