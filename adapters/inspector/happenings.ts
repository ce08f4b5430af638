import type { Happening } from '../inspector-messages.ts'
import { el, make, setText } from './dom.ts'
import { age, clockTime, count } from './format.ts'
import { visible } from './visible.ts'

const MOST_HAPPENINGS = 200

/** What has ended, was refused, or went wrong; the newest first. */
export class Happenings {
  readonly #list = el('happening-list')
  #missed = 0

  add(happenings: readonly Happening[], missed: number): void {
    this.#list.prepend(...happenings.map(happeningRow).reverse())
    while (this.#list.childElementCount > MOST_HAPPENINGS) this.#list.lastElementChild?.remove()
    this.#missed += missed
    el('happenings').dataset.isEmpty = String(this.#list.childElementCount === 0)
    setText(el('happenings-missed'), this.#missed === 0 ? '' : `${count(this.#missed)} more were too many to be shown`)
  }
}

function happeningRow(happening: Happening): HTMLElement {
  const { at, type, route, id } = happening
  const [summary, more] = wordsOf(happening)
  const of = make('bdi', { class: 'of cut' }, visible([id === null ? '' : `#${id}`, route].join(' ').trim()))
  const text = make('div', { class: 'text' }, make('p', {}, summary), make('p', { class: 'hint' }, more))
  return make(
    'li',
    { class: type, 'data-kind': kindOf(happening) },
    make('time', {}, clockTime(at)),
    make('span', { class: 'kind name' }, type),
    of,
    text,
  )
}

/** What one need not look at twice is grey. */
function kindOf(happening: Happening): string {
  if (happening.type !== 'closed') return happening.type
  return [1000, 1001, 1005].includes(happening.code) ? 'usual' : 'closed'
}

function wordsOf(happening: Happening): [summary: string, more: string] {
  switch (happening.type) {
    case 'closed': {
      const { code, sentCode, reason, durationMs, sentence, advice } = happening
      const ours = sentCode === null || sentCode === code ? '' : `, we sent ${sentCode}`
      const why = reason === '' ? '' : ` “${visible(reason)}”`
      return [`${code}${ours}${why}: ${sentence}`, `after ${age(durationMs)}. ${advice}`]
    }
    case 'refused':
      return [
        `${happening.status ?? 'not answered'}: ${happening.sentence}`,
        visible(`${happening.url} from ${happening.address}. ${happening.advice}`),
      ]
    case 'limit':
      return [`${happening.limit} was reached`, '']
    case 'error':
      return [visible(happening.message), 'A handler has failed: see the log at this time.']
  }
}
