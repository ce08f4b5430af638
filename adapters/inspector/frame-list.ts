import type { Frame, FrameMessage, Frames } from '../inspector-messages.ts'
import { anatomyOf } from './anatomy.ts'
import { el, setText } from './dom.ts'
import { count } from './format.ts'
import { fillFrameRow, frameRow, type KeptFrame, payloadText, recordOf } from './frame-row.ts'
import { isControl } from './opcodes.ts'
import { plainJson } from './visible.ts'

/** More than these are forgotten, the oldest first. */
const MOST_KEPT = 2_000
/** More than these are not drawn. */
const MOST_SHOWN = 400
/** How near to its end the list is held there. */
const NEAR_PX = 40

/** The frames of the picked connection, the newest last; and one of them in detail. */
export class FrameList {
  readonly #list = el('frame-list')
  readonly #anatomy = el('anatomy')
  readonly #direction = el<HTMLSelectElement>('frame-direction')
  readonly #kind = el<HTMLSelectElement>('frame-kind')
  readonly #text = el<HTMLInputElement>('frame-text')
  readonly #counts = el('frame-counts')
  #frames: KeptFrame[] = []
  #bySeq = new Map<number, KeptFrame>()
  #selected: KeptFrame | undefined
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

  #keep(frame: Frame): KeptFrame {
    const kept: KeptFrame = { frame, message: undefined, afterMs: this.#sincePing(frame), row: undefined }
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

  #forget(kept: KeptFrame | undefined): void {
    if (kept === undefined) return
    this.#bySeq.delete(kept.frame.seq)
    kept.row?.remove()
  }

  #fits({ frame, message }: KeptFrame): boolean {
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

  #append(frames: readonly KeptFrame[]): void {
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
    event.preventDefault()
    const next = this.#beside(event.key === 'ArrowUp')
    if (next === null) return
    this.#onClick(next)
    next.scrollIntoView({ block: 'nearest' })
  }

  /** Where the selected one is not shown any more, or the filter leaves it out: the newest. */
  #beside(isAbove: boolean): Element | null {
    const row = this.#selected?.row
    if (row === undefined || !row.isConnected) return this.#list.lastElementChild
    return isAbove ? row.previousElementSibling : row.nextElementSibling
  }

  #select(kept: KeptFrame): void {
    this.#selected?.row?.setAttribute('aria-selected', 'false')
    this.#selected = kept
    kept.row?.setAttribute('aria-selected', 'true')
    this.#list.setAttribute('aria-activedescendant', `frame-${kept.frame.seq}`)
    this.#anatomy.replaceChildren(anatomyOf(kept.frame, kept.message))
  }
}
