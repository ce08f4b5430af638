import { openBreakIn } from './break-in.js'
import { RoomConnection } from './connection.js'
import { Log } from './log.js'

const MAX_UNSENT = 100
const TYPING_EVERY_MS = 2000
const TYPING_SHOWN_MS = 3500
const RTT_SAMPLES = 30

const $ = (selector) => document.querySelector(selector)
const remember = (key, value) => localStorage.setItem(`sockroute-${key}`, value)
const recall = (key) => localStorage.getItem(`sockroute-${key}`)

let me
let room
let connection
let reconnects = 0
let unread = 0
/** What was said while there was no connection, by room and id. */
const unsent = new Map()
const typists = new Map()
const log = new Log($('#log'), $('#messages'), $('#newer'), $('#empty'))

/* The session, by plain HTTP */

async function post(path, body, signal) {
  const headers = { 'Content-Type': 'application/json' }
  return await fetch(path, { method: 'POST', headers, body: JSON.stringify(body), signal })
}

/** Asks who we are; a server that restarted has forgotten us, and is told the remembered name again. */
async function signIn(signal) {
  const response = await fetch('/me', { signal })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  const { user, server, sites } = await response.json()
  showServer(server, sites)
  me = user ?? (recall('name') === null ? null : await logIn(recall('name'), signal))
  if (me === null) throw Object.assign(new Error('not logged in'), { refused: 'Please log in.' })
  showMe()
}

async function logIn(name, signal) {
  const response = await post('/login', { name }, signal)
  const { user, error } = await response.json()
  if (response.status === 400) throw Object.assign(new Error(error), { refused: error })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  remember('name', user.name)
  return user
}

async function logOut() {
  connection?.close()
  await post('/logout', {}).catch(() => {}) // the server is gone, and our session with it
  leave('')
}

/** Back to the login, for good or with a reason. */
function leave(reason) {
  connection?.close()
  connection = undefined
  localStorage.removeItem('sockroute-name')
  unsent.clear()
  showLogin(reason)
}

function showLogin(error) {
  $('#chat').hidden = true
  $('#login').hidden = false
  $('#login-error').textContent = error
  $('#login-error').hidden = error === ''
  document.title = 'sockroute chat'
  $('#name').focus()
}

$('#login-form').onsubmit = async (event) => {
  event.preventDefault()
  try {
    me = await logIn($('#name').value)
    enter()
  } catch (error) {
    showLogin(error.refused ? `Sorry: ${error.refused}.` : 'The server cannot be reached. Please try again.')
  }
}
$('#log-out').onclick = logOut

/* Rooms */

/** The room's name is in the address, so that a reload, a link and the back button find it. */
function addressOf(name) {
  return `#/${encodeURIComponent(name)}` // with a slash, so that it never is the id of an element
}

function roomInAddress() {
  try {
    return toRoomName(decodeURIComponent(location.hash.replace(/^#\/?/, '')))
  } catch {
    return undefined // no address of ours
  }
}

function toRoomName(text) {
  const name = text.normalize('NFC').trim().toLowerCase().replace(/^#/, '').replace(/\s+/g, '-')
  return /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,31}$/u.test(name) ? name : undefined
}

function enter() {
  $('#login').hidden = true
  $('#chat').hidden = false
  showMe()
  join(roomInAddress() ?? 'lobby')
  if (!matchMedia('(pointer: coarse)').matches) $('#text').focus()
}

function join(name) {
  if (connection !== undefined && name === room) return
  connection?.close()
  room = name
  for (const id of typists.keys()) stopTyping(id)
  history.replaceState(null, '', addressOf(name))
  log.clear()
  showRoom()
  if (!unsent.has(name)) unsent.set(name, new Map())
  for (const message of unsent.get(name).values()) log.addUnsent(message, me)
  connection = new RoomConnection(name, unsent.get(name), signIn, {
    state: showState,
    message: onMessage,
    rtt: showRtt,
  })
}

addEventListener('hashchange', () => {
  if (connection === undefined) return
  closeSheets()
  join(roomInAddress() ?? room)
})

$('#room-form').onsubmit = (event) => {
  event.preventDefault()
  const name = toRoomName($('#room-name').value)
  $('#room-error').hidden = name !== undefined
  $('#room-error').textContent = name === undefined ? 'Letters, digits and hyphens, up to 32.' : ''
  if (name === undefined) return
  $('#room-name').value = ''
  closeSheets()
  location.hash = addressOf(name)
  $('#text').focus()
}

/* What the server says */

function onMessage(message) {
  switch (message.type) {
    case 'welcome':
      me = message.you
      log.welcome(message.history, me, message.boot)
      showBroker(message.isBrokerAway)
      showCarrier(message.httpVersion)
      return
    case 'history':
      return log.merge(message.messages, me)
    case 'broker':
      $('#status').textContent = message.isAway ? 'Other servers are out of reach.' : 'Other servers are back.'
      return showBroker(message.isAway)
    case 'message':
      stopTyping(message.message.user.id)
      log.add(message.message, me)
      countUnread()
      return
    case 'people':
      return showPeople(message.people)
    case 'rooms':
      return showRooms(message.rooms)
    case 'typing':
      return onTyping(message.user)
    case 'error':
      return log.fail(message.id, `Not sent: ${message.error}.`)
  }
}

function onTyping({ id, name }) {
  if (id === me.id) return // in another window
  clearTimeout(typists.get(id)?.timer)
  typists.set(id, { name, timer: setTimeout(stopTyping, TYPING_SHOWN_MS, id) })
  showTyping()
}

function stopTyping(id) {
  clearTimeout(typists.get(id)?.timer)
  typists.delete(id)
  showTyping()
}

/* Writing */

/** When this was last told to the others. */
let typedAt = -Infinity

$('#text').oninput = () => {
  fitComposer()
  if (performance.now() - typedAt < TYPING_EVERY_MS || $('#text').value.trim() === '') return
  typedAt = performance.now()
  connection?.typing()
}

$('#text').onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  $('#composer').requestSubmit()
}

$('#composer').onsubmit = (event) => {
  event.preventDefault()
  const text = $('#text').value.trim()
  const waiting = unsent.get(room)
  if (text === '' || connection === undefined || waiting.size >= MAX_UNSENT) return
  const message = { id: newId(), text }
  $('#text').value = ''
  fitComposer()
  typedAt = -Infinity
  connection.say(message)
  log.addUnsent(message, me)
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fitComposer() {
  const text = $('#text')
  text.style.height = 'auto'
  text.style.height = `${text.scrollHeight}px`
  const left = text.maxLength - text.value.length
  $('#left').hidden = left > 200
  $('#left').textContent = `${left} characters left`
}

/* What is shown */

function showServer(server, sites) {
  for (const place of document.querySelectorAll('[data-server]')) place.textContent = server
  const twin = sites.find(({ name }) => name !== server)
  if (twin === undefined) return
  for (const link of document.querySelectorAll('[data-twin]')) {
    link.dataset.twin = `${location.protocol}//${location.hostname}:${twin.port}/`
    link.querySelector('[data-twin-name]').textContent = twin.name
  }
  showTwin()
}

function showTwin() {
  for (const link of document.querySelectorAll('[data-twin]'))
    link.href = `${link.dataset.twin}${addressOf(room ?? 'lobby')}`
}

function showMe() {
  if (!me) return
  $('#my-name').textContent = me.name
  Log.paint($('#my-avatar'), me)
}

function showRoom() {
  $('#room-title').textContent = room
  $('#text').placeholder = `Message #${room}`
  unread = 0
  showTitle()
  showTyping()
  showTwin()
  for (const link of document.querySelectorAll('#room-list a')) mark(link)
}

function mark(link) {
  if (link.dataset.room === room) link.setAttribute('aria-current', 'page')
  else link.removeAttribute('aria-current')
}

function showRooms(rooms) {
  const sorted = rooms.toSorted((a, b) => b.people - a.people)
  const items = sorted.map(({ name, people }) => {
    const link = Object.assign(document.createElement('a'), { href: addressOf(name) })
    link.dataset.room = name
    const title = Object.assign(document.createElement('bdi'), { textContent: name })
    const count = Object.assign(document.createElement('span'), { className: 'count', textContent: people })
    count.setAttribute('aria-label', people === 1 ? '1 person' : `${people} people`)
    link.append(title, count)
    mark(link)
    const item = document.createElement('li')
    item.append(link)
    return item
  })
  const focused = document.activeElement?.closest?.('#room-list a')?.dataset.room
  $('#room-list').replaceChildren(...items)
  items
    .map((item) => item.firstChild)
    .find((link) => link.dataset.room === focused)
    ?.focus()
}

function showPeople(people) {
  for (const count of document.querySelectorAll('#people .count, .to-people .count')) count.textContent = people.length
  $('.to-people').setAttribute('aria-label', `People and connection: ${people.length} here`)
  const sorted = people.toSorted((a, b) => (b.id === me.id) - (a.id === me.id) || a.name.localeCompare(b.name))
  $('#people-list').replaceChildren(
    ...sorted.map((person) => {
      const item = $('#person-template').content.cloneNode(true)
      Log.paint(item.querySelector('.avatar'), person)
      item.querySelector('.name').textContent = person.id === me.id ? `${person.name} (you)` : person.name
      item.querySelector('.via').textContent = person.via
      return item
    }),
  )
}

function showTyping() {
  const names = [...typists.values()].map(({ name }) => name)
  const who = names.length > 2 ? 'Several people are' : `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'}`
  $('#typing').textContent = names.length === 0 ? '' : `${who} typing …`
}

/** Whether the servers hear of one another. What is missed meanwhile comes when they do. */
function showBroker(isAway) {
  $('#apart').hidden = !isAway
  $('#broker').textContent = isAway ? 'out of reach' : 'joined'
}

/** What the socket came in by; over HTTP/2 it shares the connection of the page. */
function showCarrier(httpVersion) {
  const tls = location.protocol === 'https:' ? ', TLS' : ''
  $('#http-version').textContent = `HTTP/${httpVersion.replace('.0', '')}${tls}`
}

const WORDS = { open: 'Connected', connecting: 'Connecting', waiting: 'Reconnecting', ended: 'Disconnected' }
let countdown

function showState(state) {
  clearInterval(countdown)
  if (state.name === 'ended' && state.code === 4001) return leave(state.reason === 'logged out' ? '' : state.reason)
  const before = $('#pill').dataset.state
  $('#pill').dataset.state = state.name
  $('#pill .word').textContent = WORDS[state.name]
  if (state.name !== 'open') {
    forgetRtt()
    $('#apart').hidden = true
  }
  if (state.name === 'open' && !$('#banner').hidden) {
    reconnects += 1
    $('#reconnects').textContent = reconnects
    $('#status').textContent = 'Connected again.'
  }
  if (state.name === 'waiting' && before === 'open') $('#status').textContent = 'The connection was lost.'
  if (state.name === 'open') {
    $('#banner').hidden = true
    $('#extensions').textContent = state.extensions.split(';')[0] || 'none'
  }
  if (state.name === 'waiting') {
    showBanner(state)
    countdown = setInterval(showBanner, 1000, state)
  }
  if (state.name === 'ended') showBanner(state)
}

/** Why there is no connection, and when it is tried again. It stays until there is one. */
function showBanner({ name, code, reason, until }) {
  const seconds = Math.ceil((until - Date.now()) / 1000)
  const why =
    { 1001: 'The server is going away.', 1012: 'The server is restarting.' }[code] ?? 'The connection is lost.'
  const next = seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again …'
  const kept = 'What you write is kept and sent then.'
  $('#banner p').textContent =
    name === 'ended' ? `The server closed the connection: ${reason || `code ${code}`}.` : `${why} ${next} ${kept}`
  $('#banner').hidden = false
}

$('#retry').onclick = () => connection?.retry()
addEventListener('online', () => connection?.retry())

const samples = []

function showRtt(page, server) {
  $('#pill .rtt').textContent = inMs(page)
  $('#page-rtt').textContent = inMs(page)
  $('#server-rtt').textContent = server === undefined ? '–' : inMs(server)
  samples.push(page)
  if (samples.length > RTT_SAMPLES) samples.shift()
  const top = Math.max(...samples, 2)
  const points = samples.map(
    (ms, i) => `${((i / (RTT_SAMPLES - 1)) * 120).toFixed(1)} ${(26 - (ms / top) * 22).toFixed(1)}`,
  )
  if (points.length < 2) return
  $('#spark .line').setAttribute('d', `M${points.join('L')}`)
  $('#spark .area').setAttribute('d', `M${points.join('L')}L${points.at(-1).split(' ')[0]} 28L0 28Z`)
}

function forgetRtt() {
  $('#pill .rtt').textContent = ''
  for (const place of ['#page-rtt', '#server-rtt']) $(place).textContent = '–'
}

function inMs(ms) {
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function countUnread() {
  if (!document.hidden) return
  unread += 1
  showTitle()
}

function showTitle() {
  document.title = `${unread > 0 ? `(${unread}) ` : ''}#${room} · sockroute chat`
}

document.onvisibilitychange = () => {
  if (document.hidden) return
  unread = 0
  if (connection !== undefined) showTitle()
}

/* Sheets, on narrow screens; the browser's popovers bring Escape and focus. */

function closeSheets() {
  for (const sheet of document.querySelectorAll('[popover]:popover-open')) sheet.hidePopover()
}

for (const query of ['(min-width: 760px)', '(min-width: 1080px)']) matchMedia(query).onchange = closeSheets
$('#room-list').onclick = closeSheets
$('#open-break-in').onclick = () => {
  closeSheets()
  openBreakIn()
}
$('#skip').onclick = (event) => {
  event.preventDefault() // the address names the room
  $('#text').focus()
}

/* Start */

try {
  await signIn()
  enter()
} catch (error) {
  showLogin(error.refused || error.message === 'not logged in' ? '' : 'The server cannot be reached. Please try again.')
}
