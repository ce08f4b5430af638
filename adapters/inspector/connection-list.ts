import type { Query, RouteRow, Row, SortKey } from '../inspector-messages.ts'
import { el, make, setText } from './dom.ts'
import { age, bytes, count, ms, rate } from './format.ts'
import { KeyedRows, setCells } from './table.ts'
import { visible } from './visible.ts'

export interface ConnectionListOwner {
  onQuery(query: Query): void
  onPick(id: number): void
}

/** The open connections that the filter finds, in the order that is asked for: the server filters and sorts. */
export class ConnectionList {
  readonly #owner: ConnectionListOwner
  readonly #body = el('connection-rows')
  readonly #rows: KeyedRows<Row, number>
  readonly #filter = el<HTMLInputElement>('filter')
  readonly #routes = el<HTMLSelectElement>('route')
  readonly #heads = [...document.querySelectorAll<HTMLElement>('th[data-sort]')]
  #sort: SortKey = 'id'
  #isDescending = true
  #ownId = 0
  #pickedId: number | null = null

  constructor(owner: ConnectionListOwner) {
    this.#owner = owner
    this.#rows = new KeyedRows(
      this.#body,
      ({ id }) => id,
      makeConnectionRow,
      (row, item) => this.#update(row, item),
    )
    this.#filter.addEventListener('input', () => this.#ask())
    this.#routes.addEventListener('input', () => this.#ask())
    for (const head of this.#heads) head.addEventListener('click', () => this.#sortBy(head.dataset.sort as SortKey)) // as in index.html
    this.#body.addEventListener('click', ({ target }) => {
      const row = (target as Element).closest<HTMLElement>('tr')
      if (row !== null) owner.onPick(Number(row.dataset.id))
    })
    this.#body.addEventListener('keydown', (event) => this.#onKey(event))
    this.#showSort()
  }

  get query(): Query {
    return {
      text: this.#filter.value.slice(0, 256),
      route: this.#routes.selectedIndex === 0 ? null : this.#routes.value,
      sort: this.#sort,
      isDescending: this.#isDescending,
    }
  }

  set ownId(id: number) {
    this.#ownId = id
  }

  pick(id: number | null): void {
    this.#pickedId = id
    for (const row of this.#rowElements) row.ariaCurrent = String(Number(row.dataset.id) === id)
  }

  get #rowElements(): HTMLElement[] {
    return [...this.#body.children] as HTMLElement[] // as makeConnectionRow makes them
  }

  /** The one above or below that is picked; from the top where none is. */
  step(by: number): void {
    const rows = this.#rowElements
    const at = rows.findIndex(({ dataset }) => Number(dataset.id) === this.#pickedId)
    const row = rows[at < 0 ? 0 : at + by]
    if (row === undefined) return
    this.#owner.onPick(Number(row.dataset.id))
    row.focus()
  }

  show(rows: readonly Row[], found: number, all: number): void {
    this.#rows.show(rows)
    const which = found === all ? count(found) : `${count(found)} of ${count(all)}`
    setText(el('found'), rows.length < found ? `${which}, the first ${rows.length} shown` : which)
    el('connections').dataset.isEmpty = String(rows.length === 0)
  }

  /** The one that is chosen stays, also when it has no connections for a while. */
  showRoutes(routes: readonly RouteRow[]): void {
    const chosen = this.query.route
    const names = routes.map(({ route }) => route)
    if (chosen !== null && !names.includes(chosen)) names.push(chosen)
    const wanted = names.map((name) => {
      const open = routes.find(({ route }) => route === name)?.connections ?? 0
      return [name, `${name === '' ? '(no name)' : visible(name)} (${count(open)})`] as const
    })
    const options = [...this.#routes.options].slice(1)
    for (const [at, [value, text]] of wanted.entries()) {
      const option = options[at] ?? this.#routes.appendChild(make('option'))
      if (option.value !== value || !option.hasAttribute('value')) option.value = value
      setText(option, text)
    }
    for (const option of options.slice(wanted.length)) option.remove()
    this.#routes.selectedIndex = chosen === null ? 0 : names.indexOf(chosen) + 1
  }

  #update(row: HTMLElement, item: Row): void {
    const isCurrent = String(item.id === this.#pickedId)
    if (row.ariaCurrent !== isCurrent) row.ariaCurrent = isCurrent
    const address = item.id === this.#ownId ? 'this page' : item.isInspector ? 'an inspector' : visible(item.address)
    setCells(row, [
      `#${item.id}`,
      visible(item.path || item.route),
      address,
      age(item.ageMs),
      ms(item.rttMs),
      rate(item.receivedPerSecond),
      rate(item.sentPerSecond),
      bytes(item.bytesPerSecond),
      bytes(item.backlogBytes),
      count(item.topicCount),
    ])
  }

  #onKey(event: KeyboardEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('tr')
    const next = event.key === 'ArrowUp' ? row?.previousElementSibling : row?.nextElementSibling
    if (event.key === 'Enter' || event.key === ' ') row?.click()
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') (next as HTMLElement | null)?.focus()
    else return
    event.preventDefault()
  }

  #ask(): void {
    this.#owner.onQuery(this.query)
  }

  #sortBy(sort: SortKey): void {
    this.#isDescending = sort === this.#sort ? !this.#isDescending : true
    this.#sort = sort
    this.#showSort()
    this.#ask()
  }

  #showSort(): void {
    for (const head of this.#heads) {
      head.ariaSort = head.dataset.sort !== this.#sort ? 'none' : this.#isDescending ? 'descending' : 'ascending'
    }
  }
}

const CELLS = ['id', 'route cut', 'address', 'age', 'rtt', 'in', 'out', 'bytes', 'backlog', 'topics']

function makeConnectionRow({ id, isInspector }: Row): HTMLElement {
  const cells = CELLS.map((name) => make('td', { class: name }))
  return make('tr', { 'data-id': id, tabindex: 0, class: isInspector ? 'inspector' : '' }, ...cells)
}
