// One honest client: it sends, and every message has to come back as it was.
import { randomBytes, randomInt } from 'node:crypto'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { BINARY, CLOSE, frame, PING, PONG, TEXT } from '../raw/frame.mjs'
import { handshake, Peer } from '../raw/peer.mjs'

/** An echo that takes longer is missing. The server has to come round to it also under attack on a slow machine. */
const PATIENCE_MS = 60_000
/** A third leaves without a word. */
const ENDINGS = ['reset', 'close', 'fin']
const RSV1 = 0x40
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }
const TAIL = Buffer.from([0, 0, 0xff, 0xff])
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover'
const LONG_TEXT = 'the quick brown fox jumps over the lazy dog '.repeat(5_000)

export class HonestClient {
  /** What has to come back, oldest first. */
  owed = []
  #settings
  #watch
  #peer
  #isCompressed = randomInt(4) === 0
  #pings = []
  /** 'finishing' waits for what is owed; 'leaving' may be ended by the server. */
  #state = 'talking'
  #next
  #onPaid = () => {}

  constructor(settings, watch) {
    this.#settings = settings
    this.#watch = watch
  }

  /** Fulfils when it is gone. */
  async run() {
    const { port, lifetimeMs } = this.#settings
    this.#peer = new Peer(port, handshake(...(this.#isCompressed ? [OFFER] : [])))
    this.#peer.onFrame = (...parts) => this.#onFrame(...parts)
    const status = await this.#peer.opened
    if (status !== 101) return this.#watch.fault('refused', status)
    this.#watch.totals.opened++
    if (this.#state === 'talking') this.#sendLater()
    const end =
      lifetimeMs && setTimeout(() => this.leave(ENDINGS[randomInt(3)]), randomInt(lifetimeMs / 4, 2 * lifetimeMs))
    await this.#peer.ended
    clearTimeout(end)
    clearTimeout(this.#next)
    if (this.#state === 'leaving') this.#watch.totals.left++
    else this.#watch.fault('disconnects', `${this.owed.length} messages under way`)
  }

  /** Fulfils when it is gone. */
  async leave(how) {
    if (this.#state !== 'talking') return this.#peer.ended
    this.#state = 'finishing'
    clearTimeout(this.#next)
    if (how === 'reset') return this.#end(() => this.#peer.reset())
    await this.#paid()
    if (how === 'close') this.#end(() => this.#peer.write(frame(CLOSE, Buffer.from([3, 232]))))
    else this.#end(() => this.#peer.socket.end())
    await this.#peer.ended
  }

  #end(act) {
    this.#state = 'leaving'
    act()
  }

  /** Fulfils when everything has come back, or the peer is gone, or it is certain that something is missing. */
  async #paid() {
    if (this.owed.length + this.#pings.length === 0) return
    const paid = new Promise((resolve) => {
      this.#onPaid = resolve
    })
    let patience
    const late = new Promise((resolve) => {
      patience = setTimeout(resolve, PATIENCE_MS)
    })
    await Promise.race([paid, late, this.#peer.ended])
    clearTimeout(patience)
    if (this.owed.length > 0) this.#watch.fault('missed', `${this.owed.length} messages`)
    if (this.#pings.length > 0) this.#watch.fault('missed', 'a pong')
  }

  #sendLater() {
    this.#next = setTimeout(() => this.#send(), randomInt(1, 2 * this.#settings.everyMs))
  }

  #send() {
    const [oldest] = this.owed
    if (oldest && performance.now() - oldest.at > PATIENCE_MS) {
      this.#watch.fault('missed', `a message of ${oldest.payload.length} bytes`)
      this.owed.shift()
    }
    for (let count = randomInt(20) === 0 ? 5 : 1; count > 0; count--) this.#sendOne()
    if (this.#pings.length === 0 && randomInt(20) === 0) this.#ping()
    this.#sendLater()
  }

  #sendOne() {
    const isText = randomInt(2) === 0
    const payload = isText ? Buffer.from(LONG_TEXT.slice(0, this.#size())) : randomBytes(this.#size())
    const isDeflated = this.#isCompressed && randomInt(2) === 0
    const sent = isDeflated ? deflateRawSync(payload, FLUSH).subarray(0, -4) : payload
    this.owed.push({ opcode: isText ? TEXT : BINARY, payload, at: performance.now() })
    this.#peer.write(frame(isText ? TEXT : BINARY, sent, { rsv: isDeflated ? RSV1 : 0 }))
  }

  /** Mostly small, now and then of 200 KB. */
  #size() {
    const kind = randomInt(1_000)
    if (this.#settings.bytes) return this.#settings.bytes
    return kind < 900 ? randomInt(1, 1_500) : kind < 998 ? randomInt(1, 20_000) : 200_000
  }

  #ping() {
    const payload = randomBytes(8)
    this.#pings.push(payload)
    this.#watch.totals.pings++
    this.#peer.write(frame(PING, payload))
  }

  #onFrame(opcode, payload, isDeflated) {
    if (opcode === PING) this.#peer.write(frame(PONG, payload))
    else if (opcode === PONG) this.#onPong(payload)
    else if (opcode === TEXT || opcode === BINARY) {
      this.#onEcho(opcode, isDeflated ? inflateRawSync(Buffer.concat([payload, TAIL]), FLUSH) : payload)
    }
    if (this.owed.length + this.#pings.length === 0) this.#onPaid()
  }

  #onEcho(opcode, payload) {
    const sent = this.owed.shift()
    this.#watch.totals.messages++
    if (sent?.opcode !== opcode || !sent.payload.equals(payload)) this.#watch.fault('wrong', `${payload.length} bytes`)
    else this.#watch.trips.add(performance.now() - sent.at)
  }

  #onPong(payload) {
    if (!this.#pings.shift()?.equals(payload)) this.#watch.fault('wrong', 'a pong')
  }
}
