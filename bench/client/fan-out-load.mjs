// One connection sends a message, which the server sends to all; when all have it, the next one goes out.
import { check } from './check.mjs'
import { Latencies } from './latencies.mjs'
import { batchOf, messageOf } from './message.mjs'
import { openAll } from './open-all.mjs'
import { within } from './patience.mjs'
import { ReplyCounter } from './reply-counter.mjs'

export class FanOutLoad {
  #sockets
  #batch
  #frameBytes
  #reply
  #inFlight
  #deadline = 0
  #latencies
  #settle
  /** What has gone wrong, in a run or between two. */
  #fault
  /** Messages that have gone out, and those that all have received. */
  #sent = 0
  #done = 0
  /** Of the messages under way: when it was sent, and how many have it. Both are rings. */
  #sentAt
  #received

  static async open(target, workload) {
    const message = messageOf(workload)
    const sockets = await openAll(target, workload)
    const reply = await check(sockets, () => sockets[0].write(message.frame), message)
    return new FanOutLoad(sockets, message.frame, reply, workload.inFlight)
  }

  constructor(sockets, frame, reply, inFlight) {
    this.#sockets = sockets
    this.#batch = batchOf(frame, inFlight)
    this.#frameBytes = frame.length
    this.#reply = reply
    this.#inFlight = inFlight
    this.#sentAt = new Float64Array(inFlight)
    this.#received = new Uint32Array(inFlight)
    for (const socket of sockets) this.#listen(socket)
  }

  /** Fulfils with how many were delivered. @throws Error if one more or less was delivered than was sent */
  async run(seconds) {
    this.#latencies = new Latencies()
    const begin = performance.now()
    const before = this.#done
    this.#deadline = begin + seconds * 1_000
    await within(
      seconds * 1_000,
      () => `${this.#sent - this.#done} messages did not reach all`,
      (resolve, reject) => {
        this.#settle = { resolve, reject }
        if (this.#fault) reject(this.#fault)
        this.#send(this.#inFlight)
      },
    )
    const elapsed = (performance.now() - begin) / 1_000
    return {
      messages: (this.#done - before) * this.#sockets.length,
      seconds: elapsed,
      ...this.#latencies.summary(),
    }
  }

  close() {
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(socket) {
    const counter = new ReplyCounter(this.#reply, (pong) => socket.write(pong))
    let count = 0
    socket.onBytes = (size, buffer) => {
      const more = counter.push(size, buffer)
      if (count + more > this.#sent) return this.#fail(new Error('more came back than was sent'))
      for (let i = 0; i < more; i++) this.#received[count++ % this.#inFlight]++
      this.#finish()
    }
    socket.onClose = (error) => this.#fail(error ?? new Error('the server ended the connection'))
  }

  #fail(error) {
    this.#fault ??= error
    this.#settle?.reject(error)
  }

  #finish() {
    const all = this.#sockets.length
    const now = performance.now()
    const before = this.#done
    while (this.#done < this.#sent && this.#received[this.#done % this.#inFlight] === all) {
      this.#received[this.#done % this.#inFlight] = 0
      this.#latencies.add(now - this.#sentAt[this.#done % this.#inFlight])
      this.#done++
    }
    if (this.#done === before) return
    if (now < this.#deadline) this.#send(this.#done - before)
    else if (this.#done === this.#sent) this.#settle.resolve()
  }

  #send(count) {
    const now = performance.now()
    for (let i = 0; i < count; i++) this.#sentAt[this.#sent++ % this.#inFlight] = now
    this.#sockets[0].write(this.#batch.subarray(0, count * this.#frameBytes))
  }
}
