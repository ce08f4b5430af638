import type { Hello, Query, Tick, Told } from '../inspector-messages.ts'
import { ConnectionList, type ConnectionListOwner } from './connection-list.ts'
import { Detail } from './detail.ts'
import { el, setText } from './dom.ts'
import { count } from './format.ts'
import { Happenings } from './happenings.ts'
import { onKeys } from './keys.ts'
import { Line, type LineOwner, type LineState } from './line.ts'
import { TotalsView } from './totals.ts'
import { visible } from './visible.ts'

/** What is typed goes to the server when it is so long ago. */
const TYPING_MS = 150

const STATE_WORDS: Readonly<Record<LineState['name'], string>> = {
  connecting: 'Connecting',
  open: 'Live',
  waiting: 'Waiting',
  ended: 'Ended',
}

class Page implements LineOwner, ConnectionListOwner {
  readonly #line = new Line(this)
  readonly #totals = new TotalsView()
  readonly #connections = new ConnectionList(this)
  readonly #detail = new Detail()
  readonly #happenings = new Happenings()
  readonly #pause = el<HTMLButtonElement>('pause')
  #isPaused = false
  #numbering = ''
  #typing: number | undefined

  start(): void {
    this.#pause.addEventListener('click', () => this.#setPaused(!this.#isPaused))
    el('let-go').addEventListener('click', () => this.onPick(null))
    el('open-keys').addEventListener('click', () => el<HTMLDialogElement>('keys').showModal())
    el('close-keys').addEventListener('click', () => el<HTMLDialogElement>('keys').close())
    onKeys({
      '/': () => el('filter').focus(),
      p: () => this.#setPaused(!this.#isPaused),
      j: () => this.#connections.step(1),
      k: () => this.#connections.step(-1),
      f: () => el('frame-list').focus(),
      e: () => this.#detail.export(),
      1: () => this.#detail.showTab(0),
      2: () => this.#detail.showTab(1),
      3: () => this.#detail.showTab(2),
      Escape: () => this.onPick(null),
      '?': () => el<HTMLDialogElement>('keys').showModal(),
    })
    this.#detail.showTab(0)
    this.#detail.pick(null)
    this.#line.open()
  }

  // What the line tells.

  onState(state: LineState): void {
    const why = 'why' in state ? `: ${visible(state.why)}` : ''
    el('state').dataset.state = state.name
    setText(el('state-word'), STATE_WORDS[state.name] + why)
    if (state.name !== 'open') return
    this.#line.ask({ type: 'look', ...this.#connections.query })
    if (this.#isPaused) this.#line.ask({ type: 'pause', isPaused: true })
  }

  onTold(told: Told): void {
    if (told.type === 'hello') this.#onHello(told)
    else if (told.type === 'tick') this.#onTick(told)
    else if (told.type === 'about') this.#detail.showAbout(told)
    else this.#detail.showFrames(told)
  }

  // What the list tells.

  onQuery(query: Query): void {
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => this.#line.ask({ type: 'look', ...query }), TYPING_MS)
  }

  onPick(id: number | null): void {
    this.#detail.pick(id)
    this.#connections.pick(id)
    this.#line.ask({ type: 'pick', id })
    if (id !== null && matchMedia('(max-width: 1099px)').matches) el('detail').scrollIntoView({ block: 'start' })
  }

  /** A server that is another one has given its numbers anew. */
  #onHello({ process, showPayloads, ownId, numbering, history }: Hello): void {
    const { pid, host, node } = process
    setText(el('process'), `${host}, process ${pid}, Node ${node}`)
    document.body.dataset.showPayloads = String(showPayloads)
    this.#connections.ownId = ownId
    this.#totals.start(history)
    if (this.#numbering !== '' && this.#numbering !== numbering) this.onPick(null)
    else if (this.#detail.id !== null) this.#line.ask({ type: 'pick', id: this.#detail.id })
    this.#numbering = numbering
  }

  #onTick(tick: Tick): void {
    const { totals, routes, rows, found, pickedId, picked, happenings, missedHappenings, skippedTicks } = tick
    this.#totals.show(totals)
    this.#connections.showRoutes(routes)
    this.#connections.show(rows, found, totals.connections)
    this.#detail.showPicked(pickedId, picked)
    this.#happenings.add(happenings, missedHappenings)
    for (const happening of happenings) this.#detail.onHappening(happening)
    setText(el('skipped'), skippedTicks === 0 ? '' : `${count(skippedTicks)} s left out: this page was too slow`)
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#pause.ariaPressed = String(isPaused)
    setText(this.#pause, isPaused ? 'Go on' : 'Pause')
    document.body.dataset.isPaused = String(isPaused)
    this.#line.ask({ type: 'pause', isPaused })
  }
}

new Page().start()
