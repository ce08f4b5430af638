import type { About, Frames, Happening, Picked } from '../inspector-messages.ts'
import { el, make, setText } from './dom.ts'
import { age, bytes, count, ms, rate } from './format.ts'
import { FrameList } from './frame-list.ts'
import { showHandshake } from './handshake.ts'
import { visible } from './visible.ts'

/** The picked connection: its frames, its handshake, and what is known of it. */
export class Detail {
  readonly #panel = el('detail')
  readonly #tabs = [...this.#panel.querySelectorAll<HTMLButtonElement>('[role=tab]')]
  readonly #facts = el('facts')
  readonly #topics = el('topics')
  readonly #frames = new FrameList()
  #id: number | null = null

  constructor() {
    for (const [at, tab] of this.#tabs.entries()) {
      tab.addEventListener('click', () => this.showTab(at))
      tab.addEventListener('keydown', ({ key }) => {
        if (key === 'ArrowRight' || key === 'ArrowLeft') this.#stepTab(at + (key === 'ArrowRight' ? 1 : -1))
      })
    }
    el('export').addEventListener('click', () => this.export())
  }

  get id(): number | null {
    return this.#id
  }

  pick(id: number | null): void {
    this.#id = id
    this.#frames.clear()
    for (const place of [this.#facts, this.#topics, el('topic-count'), el('handshake')]) place.replaceChildren()
    this.#panel.dataset.isInspector = 'false'
    this.#panel.dataset.state = id === null ? 'none' : 'open'
    setText(el('detail-title'), id === null ? 'No connection is picked' : `#${id}`)
    setText(el('detail-route'), '')
    setText(el('ending'), '')
  }

  showAbout({ id, picked, handshake }: About): void {
    if (id !== this.#id) return
    showHandshake(handshake)
    this.showPicked(id, picked)
  }

  /** Null where it has ended: of that a page may not have been told. */
  showPicked(id: number | null, picked: Picked | null): void {
    if (id === null || id !== this.#id) return
    if (picked === null) {
      if (this.#panel.dataset.state === 'open') this.#end('It has ended.')
      return
    }
    setText(el('detail-route'), visible(picked.path || picked.route))
    this.#panel.dataset.isInspector = String(picked.isInspector)
    for (const [name, value] of factsOf(picked)) setText(this.#fact(name), value)
    this.#topics.replaceChildren(
      ...picked.topics.map((topic) => make('li', { class: 'box' }, make('bdi', {}, visible(topic)))),
    )
    const more = picked.topicCount - picked.topics.length
    if (more > 0) this.#topics.append(make('li', { class: 'box more' }, `and ${count(more)} more`))
    setText(el('topic-count'), count(picked.topicCount))
  }

  showFrames(frames: Frames): void {
    if (frames.id === this.#id) this.#frames.add(frames)
  }

  onHappening(happening: Happening): void {
    if (happening.type !== 'closed' || happening.id !== this.#id) return
    this.#end(`It has ended with ${happening.code}: ${happening.sentence}.`)
  }

  showTab(at: number): void {
    for (const [index, tab] of this.#tabs.entries()) {
      tab.ariaSelected = String(index === at)
      tab.tabIndex = index === at ? 0 : -1
      el(String(tab.getAttribute('aria-controls'))).hidden = index !== at
    }
  }

  export(): void {
    if (this.#id === null) return
    const link = make('a', { download: `frames-${this.#id ?? 0}.jsonl` })
    link.href = URL.createObjectURL(new Blob([this.#frames.jsonLines], { type: 'application/x-ndjson' }))
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }

  #stepTab(at: number): void {
    const index = (at + this.#tabs.length) % this.#tabs.length
    this.showTab(index)
    this.#tabs[index].focus()
  }

  #end(why: string): void {
    this.#panel.dataset.state = 'ended'
    setText(el('ending'), why)
  }

  /** Made when it is first asked for, in that order. */
  #fact(name: string): Element {
    const known = this.#facts.querySelector(`[data-name="${CSS.escape(name)}"]`)
    if (known !== null) return known
    const value = make('dd', { 'data-name': name })
    this.#facts.append(make('div', {}, make('dt', {}, name), value))
    return value
  }
}

function factsOf(picked: Picked): [name: string, value: string][] {
  return [
    ['Route', visible(picked.route) || '–'],
    ['Address', visible(picked.address) || '–'],
    ['Open for', age(picked.ageMs)],
    ['Round trip', ms(picked.rttMs)],
    ['Subprotocol', visible(picked.protocol) || 'none'],
    ['Extensions', visible(picked.extensions) || 'none'],
    ['Messages in', `${count(picked.messagesReceived)}, ${rate(picked.receivedPerSecond)} a second`],
    ['Messages out', `${count(picked.messagesSent)}, ${rate(picked.sentPerSecond)} a second`],
    ['Bytes in', bytes(picked.bytesReceived)],
    ['Bytes out', bytes(picked.bytesSent)],
    ['Unsent now', bytes(picked.backlogBytes)],
    ['Most that was unsent', bytes(picked.highestBacklogBytes)],
  ]
}
