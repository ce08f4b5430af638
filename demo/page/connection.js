/**
 * A socket to one room that comes back by itself. What is said while it is away waits in `unsent`, and goes out again
 * until the server has repeated it.
 */

const PING_EVERY_MS = 2500
const PONG_WITHIN_MS = 10_000
const CONNECT_WITHIN_MS = 10_000
const MAX_DELAY_MS = 15_000

/** After these the server will not want the same connection again. 4001 is the demo's own: logged out elsewhere. */
const FINAL_CODES = new Set([1007, 1008, 1009, 4001])

export class RoomConnection {
  #room
  #unsent
  #signIn
  #on
  #socket
  #attempt = 0
  #timer
  #pingTimer
  #pingSentAt
  #closed = false

  /**
   * `unsent` maps ids to messages; `signIn` makes sure, over plain HTTP, that there is a session;
   * `on` has `state({ name, ... })`, `message(message)` and `rtt(page, server)`.
   */
  constructor(room, unsent, signIn, on) {
    this.#room = room
    this.#unsent = unsent
    this.#signIn = signIn
    this.#on = on
    this.#connect()
  }

  say(message) {
    this.#unsent.set(message.id, message)
    this.#send({ type: 'say', id: message.id, text: message.text })
  }

  typing() {
    this.#send({ type: 'typing' })
  }

  /** Does not wait for the next attempt's time. */
  retry() {
    if (this.#socket !== undefined || this.#closed) return
    this.#attempt = 0
    this.#connect()
  }

  close() {
    this.#closed = true
    this.#forget(1000)
  }

  /**
   * A browser tells a script nothing about a refused handshake. So it is asked first, over plain HTTP, whether the
   * server is there and knows us: after a restart it does not, and we log in again.
   */
  async #connect() {
    this.#forget()
    this.#on.state({ name: 'connecting' })
    const mine = new AbortController()
    this.#socket = mine // holds the place of the socket while the answer is under way
    this.#timer = setTimeout(() => mine.abort(), CONNECT_WITHIN_MS)
    try {
      await this.#signIn(mine.signal)
    } catch (error) {
      if (this.#socket === mine) this.#wait(error.refused ? 4001 : 1006, error.refused ?? '')
      return
    }
    if (this.#socket === mine) this.#open()
  }

  #open() {
    clearTimeout(this.#timer)
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}/chat/${encodeURIComponent(this.#room)}`)
    this.#socket = socket
    this.#timer = setTimeout(() => this.#wait(1006, ''), CONNECT_WITHIN_MS)
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    socket.onclose = ({ code, reason }) => this.#wait(code, reason)
  }

  #receive(message) {
    if (message.type === 'pong') return this.#pong(message)
    if (message.type === 'message') this.#unsent.delete(message.message.id)
    if (message.type === 'error') this.#unsent.delete(message.id)
    if (message.type === 'history') this.#taken(message.messages)
    if (message.type === 'welcome') this.#welcome(message)
    this.#on.message(message)
  }

  #welcome({ history }) {
    clearTimeout(this.#timer)
    this.#attempt = 0
    this.#on.state({ name: 'open', extensions: this.#socket.extensions })
    this.#taken(history)
    for (const { id, text } of this.#unsent.values()) this.#send({ type: 'say', id, text })
    this.#ping()
    this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS)
  }

  #taken(messages) {
    for (const { id } of messages) this.#unsent.delete(id)
  }

  /** The page's own ping, since browsers give scripts no other. One that stays unanswered means the line is dead. */
  #ping() {
    if (this.#pingSentAt !== undefined) {
      if (performance.now() - this.#pingSentAt > PONG_WITHIN_MS) this.#wait(1006, '')
      return
    }
    this.#pingSentAt = performance.now()
    this.#send({ type: 'ping', sentAt: this.#pingSentAt })
  }

  #pong({ sentAt, serverRtt }) {
    this.#pingSentAt = undefined
    this.#on.rtt(performance.now() - sentAt, serverRtt)
  }

  #wait(code, reason) {
    this.#forget()
    if (this.#closed) return
    if (FINAL_CODES.has(code)) {
      this.#on.state({ name: 'ended', code, reason })
      return
    }
    const delay = delayBefore(this.#attempt, code)
    this.#attempt += 1
    this.#timer = setTimeout(() => this.#connect(), delay)
    this.#on.state({ name: 'waiting', code, reason, until: Date.now() + delay })
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  /** Leaves the socket behind, whatever becomes of it. */
  #forget(code) {
    clearTimeout(this.#timer)
    clearInterval(this.#pingTimer)
    this.#pingSentAt = undefined
    const socket = this.#socket
    this.#socket = undefined
    if (socket instanceof AbortController) socket.abort()
    if (!(socket instanceof WebSocket)) return
    socket.onmessage = null
    socket.onclose = null
    socket.close(code)
  }
}

/** How long to wait, with jitter: a thousand pages that lost their server at once must not come back at once. */
function delayBefore(attempt, code) {
  if (code === 1013) return between(5000, MAX_DELAY_MS) // "try again later"
  if (attempt === 0 && (code === 1001 || code === 1012)) return between(100, 800) // it restarts and is soon back
  const longest = Math.min(MAX_DELAY_MS, 500 * 2 ** attempt)
  return between(longest / 2, longest)
}

function between(low, high) {
  return low + Math.random() * (high - low)
}
