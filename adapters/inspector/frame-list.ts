import type { Frame, FrameMessage, Frames } from '../inspector-messages.ts'
import { anatomyOf } from './anatomy.ts'
import { el, make, setText } from './dom.ts'
import { bytes, clockTime, count, ms } from './format.ts'
import { isControl, opcodeOf } from './opcodes.ts'
import { spaced, textOf } from './payload.ts'
import { plainJson } from './visible.ts'

/** More than these are forgotten, the oldest first. */
const MOST_KEPT = 2_000
/** More than these are not drawn. */
const MOST_SHOWN = 400
/** How near to its end the list is held there. */
const NEAR_PX = 40

interface Kept {
  readonly frame: Frame
  message: FrameMessage | undefined
  /** Of a pong: since the ping that it answers. */
  readonly afterMs: number | undefined
  row: HTMLElement | undefined
}

/** The frames of the picked connection, the newest last; and one of them in detail. */
export class FrameList {
  readonly #list = el('frame-list')
  readonly #anatomy = el('anatomy')
  readonly #direction = el<HTMLSelectElement>('frame-direction')
  readonly #kind = el<HTMLSelectElement>('frame-kind')
  readonly #text = el<HTMLInputElement>('frame-text')
  readonly #counts = el('frame-counts')
  #frames: Kept[] = []
  #bySeq = new Map<number, Kept>()
  #selected: Kept | undefined
  #passed = 0
  #skipped = 0
  readonly #pingedAt: Record<Frame['direction'], number | undefined> = { in: undefined, out: undefined }

  constructor() {
    for (const control of [this.#direction, this.#kind, this.#text]) {
      control.addEventListener('input', () => this.#showAll())
    }
    this.#list.addEventListener('click', ({ target }) => this.#onClick(target as Element)) // of elements
    this.#list.addEventListener('keydown', (event) => this.#onKey(event))
  }

  clear(): void {
    this.#frames = []
    this.#bySeq = new Map()
    this.#selected = undefined
    this.#passed = this.#skipped = 0
    this.#pingedAt.in = this.#pingedAt.out = undefined
    this.#anatomy.replaceChildren()
    this.#showAll()
  }

  add({ frames, messages, skipped }: Frames): void {
    const added = frames.map((frame) => this.#keep(frame))
    for (const message of messages) this.#complete(message)
    this.#passed += frames.length + skipped
    this.#skipped += skipped
    this.#append(added.filter((kept) => this.#fits(kept)))
    while (this.#frames.length > MOST_KEPT) this.#forget(this.#frames.shift())
    if (this.#selected === undefined && added.length > 0) this.#select(added[0])
    this.#count()
  }

  /** What is shown, as JSON lines. */
  get jsonLines(): string {
    const shown = this.#frames.filter((kept) => this.#fits(kept))
    return shown.map((kept) => `${plainJson(recordOf(kept))}\n`).join('')
  }

  #keep(frame: Frame): Kept {
    const kept: Kept = { frame, message: undefined, afterMs: this.#sincePing(frame), row: undefined }
    this.#frames.push(kept)
    this.#bySeq.set(frame.seq, kept)
    return kept
  }

  #sincePing({ opcode, direction, at }: Frame): number | undefined {
    if (opcode === 9) this.#pingedAt[direction] = at
    if (opcode !== 10) return undefined
    const asked = direction === 'in' ? 'out' : 'in'
    const pingedAt = this.#pingedAt[asked]
    this.#pingedAt[asked] = undefined
    return pingedAt === undefined ? undefined : at - pingedAt
  }

  #complete(message: FrameMessage): void {
    const kept = this.#bySeq.get(message.seq)
    if (kept === undefined) return
    kept.message = message
    if (kept.row !== undefined) fillFrameRow(kept.row, kept)
    if (kept === this.#selected) this.#select(kept)
  }

  #forget(kept: Kept | undefined): void {
    if (kept === undefined) return
    this.#bySeq.delete(kept.frame.seq)
    kept.row?.remove()
  }

  #fits({ frame, message }: Kept): boolean {
    const { direction, opcode } = frame
    if (this.#direction.value !== '' && this.#direction.value !== direction) return false
    const kind = this.#kind.value
    const isKind =
      kind === '' ||
      (kind === 'data' ? !isControl(opcode) : kind === 'control' ? isControl(opcode) : kind === String(opcode))
    const text = this.#text.value.toLowerCase()
    return isKind && (text === '' || payloadText(frame, message).toLowerCase().includes(text))
  }

  #showAll(): void {
    for (const kept of this.#frames) kept.row = undefined
    this.#list.replaceChildren()
    this.#append(this.#frames.filter((kept) => this.#fits(kept)))
    this.#list.scrollTop = this.#list.scrollHeight
    this.#count()
  }

  #append(frames: readonly Kept[]): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX
    for (const kept of frames.slice(-MOST_SHOWN)) {
      kept.row = frameRow(kept)
      kept.row.setAttribute('aria-selected', String(kept === this.#selected))
      this.#list.append(kept.row)
    }
    while (this.#list.childElementCount > MOST_SHOWN) this.#list.firstElementChild?.remove()
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight
  }

  #count(): void {
    const skipped = this.#skipped === 0 ? '' : `, ${count(this.#skipped)} of them too fast to be shown`
    setText(this.#counts, this.#passed === 0 ? '' : `${count(this.#passed)} frames passed${skipped}`)
    el('frames').dataset.isEmpty = String(this.#frames.length === 0)
  }

  #onClick(target: Element): void {
    const row = target.closest<HTMLElement>('[data-seq]')
    const kept = this.#bySeq.get(Number(row?.dataset.seq))
    if (kept !== undefined) this.#select(kept)
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    const row = this.#selected?.row
    const next = event.key === 'ArrowUp' ? row?.previousElementSibling : row?.nextElementSibling
    event.preventDefault()
    if (next === null || next === undefined) return
    this.#onClick(next)
    next.scrollIntoView({ block: 'nearest' })
  }

  #select(kept: Kept): void {
    this.#selected?.row?.setAttribute('aria-selected', 'false')
    this.#selected = kept
    kept.row?.setAttribute('aria-selected', 'true')
    this.#list.setAttribute('aria-activedescendant', `frame-${kept.frame.seq}`)
    this.#anatomy.replaceChildren(anatomyOf(kept.frame, kept.message))
  }
}

function frameRow(kept: Kept): HTMLElement {
  const { seq, direction, opcode } = kept.frame
  const attributes = { class: direction, role: 'option', id: `frame-${seq}`, 'data-seq': seq, 'data-opcode': opcode }
  const row = make('div', attributes)
  fillFrameRow(row, kept)
  return row
}

function fillFrameRow(row: HTMLElement, { frame, message, afterMs }: Kept): void {
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
    make('span', { class: 'opcode' }, opcodeOf(opcode).name),
    make('span', { class: 'flags' }, ...flags.map((flag) => make('i', { class: flag.toLowerCase() }, flag))),
    make('span', { class: 'length' }, lengthOf(payloadLength, message)),
    make('bdi', { class: 'start' }, afterMs === undefined ? payloadText(frame, message) : `after ${ms(afterMs)}`),
  )
}

/** Both, where it is compressed. */
function lengthOf(payloadLength: number, message: FrameMessage | undefined): string {
  const isCompressed = message !== undefined && message.byteLength !== message.wireLength
  return isCompressed ? `${message.wireLength}/${bytes(message.byteLength)}` : bytes(payloadLength)
}

/** Text where it is text, as far as one can know: of a continuation, and of what is compressed, only its message tells. */
function payloadText(
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
function recordOf({ frame, message, afterMs }: Kept): object {
  const { at, opcode, ...rest } = frame
  return { time: new Date(at).toISOString(), ...rest, opcode, name: opcodeOf(opcode).name, message, afterMs }
}
