// Connections that each have so many messages under way: whenever one has come back, the next one goes out.
import { check } from './check.mjs'
import { Latencies } from './latencies.mjs'
import { batchOf, messageOf } from './message.mjs'
import { openAll } from './open-all.mjs'
import { within } from './patience.mjs'
import { ReplyCounter } from './reply-counter.mjs'

export class EchoLoad {
  #connections
  #latencies
  #deadline
  #settle
  /** What has gone wrong, in a run or between two. */
  #fault

  static async open(target, workload) {
    const message = messageOf(workload)
    const sockets = await openAll(target, workload)
    const send = () => {
      for (const socket of sockets) socket.write(message.frame)
    }
    const reply = await check(sockets, send, message)
    return new EchoLoad(sockets, message.frame, reply, workload.inFlight)
  }

  constructor(sockets, frame, reply, inFlight) {
    const batch = batchOf(frame, inFlight)
    this.#connections = sockets.map((socket) => new EchoConnection(socket, batch, frame.length, reply, inFlight, this))
  }

  /** @throws Error if one message more or less comes back than was sent */
  async run(seconds) {
    this.#latencies = new Latencies()
    const begin = performance.now()
    this.#deadline = begin + seconds * 1_000
    await within(
      seconds * 1_000,
      () => `${this.#outstanding()} messages did not come back`,
      (resolve, reject) => {
        this.#settle = { resolve, reject }
        if (this.#fault) reject(this.#fault)
        for (const connection of this.#connections) connection.begin()
      },
    )
    const elapsed = (performance.now() - begin) / 1_000
    if (this.#connections.some(({ isWithin }) => isWithin)) throw new Error('more came back than was sent')
    return { messages: this.#latencies.count, seconds: elapsed, ...this.#latencies.summary() }
  }

  answered(ms) {
    this.#latencies.add(ms)
  }

  isOver(now) {
    return now >= this.#deadline
  }

  drained() {
    if (this.#outstanding() === 0) this.#settle.resolve()
  }

  failed(error) {
    this.#fault ??= error
    this.#settle?.reject(error)
  }

  close() {
    for (const { socket } of this.#connections) socket.destroy()
  }

  #outstanding() {
    return this.#connections.reduce((sum, { outstanding }) => sum + outstanding, 0)
  }
}

class EchoConnection {
  /** Messages that have not come back. */
  outstanding = 0
  #batch
  #frameBytes
  #counter
  #inFlight
  #load
  /** When each message under way was sent, as a ring. */
  #sent
  #oldest = 0

  constructor(socket, batch, frameBytes, reply, inFlight, load) {
    this.socket = socket
    this.#batch = batch
    this.#frameBytes = frameBytes
    this.#counter = new ReplyCounter(reply, (pong) => socket.write(pong))
    this.#inFlight = inFlight
    this.#load = load
    this.#sent = new Float64Array(inFlight)
    socket.onBytes = (size, buffer) => this.#read(size, buffer)
    socket.onClose = (error) => load.failed(error ?? new Error('the server ended the connection'))
  }

  begin() {
    this.#oldest = 0
    this.#send(this.#inFlight, performance.now())
  }

  get isWithin() {
    return this.#counter.isWithin
  }

  #read(size, buffer) {
    const count = this.#counter.push(size, buffer)
    if (count > this.outstanding) return this.#load.failed(new Error('more came back than was sent'))
    if (count === 0) return
    this.outstanding -= count
    const now = performance.now()
    for (let i = 0; i < count; i++) {
      this.#load.answered(now - this.#sent[this.#oldest])
      this.#oldest = (this.#oldest + 1) % this.#inFlight
    }
    if (!this.#load.isOver(now)) this.#send(count, now)
    else if (this.outstanding === 0) this.#load.drained()
  }

  #send(count, now) {
    for (let i = 0; i < count; i++) this.#sent[(this.#oldest + this.outstanding + i) % this.#inFlight] = now
    this.outstanding += count
    this.socket.write(count === this.#inFlight ? this.#batch : this.#batch.subarray(0, count * this.#frameBytes))
  }
}
