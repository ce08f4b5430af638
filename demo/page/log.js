/** The list of messages. Text goes in as text, never as HTML. */

const GROUP_MS = 3 * 60_000
const MAX_SHOWN = 300
const template = document.querySelector('#message-template')
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

export class Log {
  #scroller
  #list
  #newer
  #empty
  #items = new Map()
  #boot

  constructor(scroller, list, newer, empty) {
    this.#scroller = scroller
    this.#list = list
    this.#newer = newer
    this.#empty = empty
    newer.onclick = () => this.#toEnd()
    scroller.onscroll = () => {
      if (this.#atEnd) newer.hidden = true
    }
    new ResizeObserver(() => newer.hidden && this.#toEnd()).observe(scroller)
  }

  /** A coloured circle with the first letter of a name; the same name has the same colour everywhere. */
  static paint(avatar, { name }) {
    let hash = 0
    for (const char of name) hash = (hash * 31 + char.codePointAt(0)) % 3600
    avatar.style.setProperty('--hue', hash / 10)
    const [first] = new Intl.Segmenter().segment(name)
    avatar.textContent = first.segment.toUpperCase()
  }

  clear() {
    this.#items.clear()
    this.#list.replaceChildren()
    this.#newer.hidden = true
    this.#empty.hidden = true
    this.#boot = undefined
  }

  /** The server's memory of the room, at the start and after every reconnect. */
  welcome(history, me, boot) {
    const restarted =
      this.#boot !== undefined && this.#boot !== boot && this.#list.querySelector('.message:not(.unsent)')
    this.#boot = boot
    if (restarted) this.#addDivider('The server restarted and forgot what is above', this.#firstUnsent, 'forgotten')
    this.merge(history, me)
    this.#empty.hidden = this.#list.children.length > 0
  }

  /** What was said without us, or while the servers did not hear of one another: each message goes where its time is. */
  merge(messages, me) {
    if (messages.some(({ id }) => this.#shows(id))) this.#list.querySelector('.forgotten')?.remove() // others remember
    this.#scroller.ariaLive = 'off' // a history is not read out
    for (const message of messages) this.add(message, me, true)
    requestAnimationFrame(() => {
      this.#scroller.ariaLive = null
    })
  }

  /** A message of the server. Our own replaces what `addUnsent` showed. */
  add(message, me, isLate = false) {
    if (this.#shows(message.id)) return
    const known = this.#items.get(message.id)
    const stay = known !== undefined || this.#atEnd
    known?.remove()
    const item = this.#draw(message, message.user.id === me?.id)
    this.#insert(item, isLate ? this.#firstAfter(message.at) : this.#firstUnsent, message.at)
    if (stay) this.#toEnd()
    else this.#newer.hidden = false
  }

  addUnsent({ id, text }, me) {
    const message = { id, text, user: me ?? { id: '', name: '' }, via: '', at: Date.now() }
    const item = this.#draw(message, true)
    item.classList.add('unsent')
    const note = item.querySelector('.note')
    note.textContent = 'Waiting to be sent'
    note.hidden = false
    this.#insert(item, null, message.at)
    this.#toEnd()
  }

  fail(id, why) {
    const item = this.#items.get(id)
    if (item === undefined) return
    item.classList.replace('unsent', 'failed')
    item.querySelector('.note').textContent = why
  }

  #draw({ id, text, user, via, at }, own) {
    const item = template.content.firstElementChild.cloneNode(true)
    item.classList.toggle('own', own)
    Object.assign(item.dataset, { user: own ? 'own' : user.id, at })
    const avatar = item.querySelector('.avatar')
    Log.paint(avatar, user)
    item.style.setProperty('--hue', avatar.style.getPropertyValue('--hue'))
    item.querySelector('.name').textContent = own ? 'You' : user.name
    item.querySelector('.via').textContent = via
    const time = item.querySelector('time')
    time.dateTime = new Date(at).toISOString()
    time.textContent = clock.format(at)
    item.querySelector('.text').textContent = text
    item.classList.toggle('emoji', /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(text))
    this.#items.set(id, item)
    return item
  }

  #insert(item, before, at) {
    this.#empty.hidden = true
    const previous = before === null ? this.#list.lastElementChild : before.previousElementSibling
    const day = calendar.format(at)
    if (previous?.dataset.at !== undefined && calendar.format(Number(previous.dataset.at)) !== day)
      this.#addDivider(day, before)
    this.#list.insertBefore(item, before)
    this.#group(item)
    this.#group(item.nextElementSibling)
    if (this.#list.children.length > MAX_SHOWN) this.#dropFirst()
  }

  /** Several messages in a row by the same person share one head. */
  #group(item) {
    const previous = item?.previousElementSibling
    if (!item?.dataset.at) return
    const near = previous?.dataset.user === item.dataset.user && item.dataset.at - previous.dataset.at < GROUP_MS
    item.classList.toggle('continued', near)
  }

  /** What waits to be sent stays below what was said. */
  get #firstUnsent() {
    return this.#list.querySelector('.unsent')
  }

  #firstAfter(at) {
    const said = [...this.#list.querySelectorAll('.message:not(.unsent)')]
    return said.find((item) => Number(item.dataset.at) > at) ?? this.#firstUnsent
  }

  /** Whether the message is there, and not only waits to be sent. */
  #shows(id) {
    return this.#items.get(id)?.classList.contains('unsent') === false
  }

  #addDivider(text, before, kind = '') {
    const divider = Object.assign(document.createElement('li'), { className: `divider ${kind}`, textContent: text })
    this.#list.insertBefore(divider, before)
  }

  #dropFirst() {
    const first = this.#list.firstElementChild
    for (const [id, item] of this.#items) if (item === first) this.#items.delete(id)
    first.remove()
    this.#group(this.#list.firstElementChild)
  }

  get #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller
    return scrollHeight - scrollTop - clientHeight < 60
  }

  #toEnd() {
    this.#newer.hidden = true
    this.#scroller.scrollTop = this.#scroller.scrollHeight
  }
}
