import { setText } from './dom.ts'

/** Rows that stay the same elements while they are told of: what is clicked on does not vanish under the hand. */
export class KeyedRows<Item, Key> {
  readonly #body: HTMLElement
  readonly #keyOf: (item: Item) => Key
  readonly #make: (item: Item) => HTMLElement
  readonly #update: (row: HTMLElement, item: Item) => void
  #rows = new Map<Key, HTMLElement>()

  constructor(
    body: HTMLElement,
    keyOf: (item: Item) => Key,
    make: (item: Item) => HTMLElement,
    update: (row: HTMLElement, item: Item) => void,
  ) {
    this.#body = body
    this.#keyOf = keyOf
    this.#make = make
    this.#update = update
  }

  /** In their order; those that are not among them go. */
  show(items: readonly Item[]): void {
    const rows = new Map<Key, HTMLElement>()
    for (const item of items) {
      const key = this.#keyOf(item)
      const row = this.#rows.get(key) ?? this.#make(item)
      this.#update(row, item)
      rows.set(key, row)
    }
    for (const [key, row] of this.#rows) if (!rows.has(key)) row.remove()
    let at: Element | null = this.#body.firstElementChild
    for (const row of rows.values()) {
      if (row === at) at = at.nextElementSibling
      else this.#body.insertBefore(row, at)
    }
    this.#rows = rows
  }
}

/** Texts into the cells of a row, one after the other. */
export function setCells(row: HTMLElement, texts: readonly string[]): void {
  for (const [at, text] of texts.entries()) setText(row.children[at], text)
}
