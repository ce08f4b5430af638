import type { Frame, FrameMessage } from '../inspector-messages.ts'
import { make } from './dom.ts'
import { bytes, clockTime, ms } from './format.ts'
import { opcodeOf } from './opcodes.ts'
import { spaced, textOf } from './payload.ts'

/** A frame that has passed. */
export interface KeptFrame {
  readonly frame: Frame
  message: FrameMessage | undefined
  /** Of a pong: since the ping that it answers. */
  readonly afterMs: number | undefined
  row: HTMLElement | undefined
}

/** Of the list. */
export function frameRow(kept: KeptFrame): HTMLElement {
  const { seq, direction, opcode } = kept.frame
  const attributes = { class: direction, role: 'option', id: `frame-${seq}`, 'data-seq': seq, 'data-opcode': opcode }
  const row = make('div', attributes)
  fillFrameRow(row, kept)
  return row
}

export function fillFrameRow(row: HTMLElement, { frame, message, afterMs }: KeptFrame): void {
  const { at, direction, fin, rsv1, opcode, masked, payloadLength } = frame
  const arrow = make(
    'span',
    { class: 'way', title: direction === 'in' ? 'from the client' : 'from the server' },
    direction === 'in' ? '→' : '←',
  )
  arrow.setAttribute('aria-label', direction === 'in' ? 'in' : 'out')
  const flags = [fin ? 'FIN' : '', rsv1 ? 'RSV1' : '', masked ? 'mask' : ''].filter((flag) => flag !== '')
  row.replaceChildren(
    make('time', {}, clockTime(at, true)),
    arrow,
    make('span', { class: 'opcode name' }, opcodeOf(opcode).name),
    make('span', { class: 'flags' }, ...flags.map((flag) => make('i', { class: flag.toLowerCase() }, flag))),
    make('span', { class: 'length cut' }, lengthOf(payloadLength, message)),
    make('bdi', { class: 'start cut' }, afterMs === undefined ? payloadText(frame, message) : `after ${ms(afterMs)}`),
  )
}

/** Both, where it is compressed: `17/500 B`, `85 B/68 KiB`. */
function lengthOf(payloadLength: number, message: FrameMessage | undefined): string {
  if (message === undefined || message.byteLength === message.wireLength) return bytes(payloadLength)
  const [onWire, whole] = [bytes(message.wireLength), bytes(message.byteLength)]
  const [figure, unit] = onWire.split(' ')
  return `${whole.endsWith(` ${unit}`) ? figure : onWire}/${whole}`
}

/** Text where it is text, as far as one can know: of a continuation, and of what is compressed, only its message tells. */
export function payloadText(
  { opcode, closeCode, rsv1, start, payloadLength }: Frame,
  message: FrameMessage | undefined,
): string {
  if (closeCode !== undefined) {
    const reason = start === undefined ? '' : textOf(start.slice(4), payloadLength <= start.length / 2)
    return `${closeCode} ${reason}`.trim()
  }
  if (message?.start !== undefined) {
    return message.isBinary
      ? spaced(message.start)
      : textOf(message.start, message.byteLength <= message.start.length / 2)
  }
  if (start === undefined) return ''
  return opcode === 1 && !rsv1 ? textOf(start, payloadLength <= start.length / 2) : spaced(start)
}

/** A line of the export. */
export function recordOf({ frame, message, afterMs }: KeptFrame): object {
  const { at, opcode, ...rest } = frame
  return { time: new Date(at).toISOString(), ...rest, opcode, name: opcodeOf(opcode).name, message, afterMs }
}
