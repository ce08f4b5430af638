// Some connections that say something now and then, beside one that sends tiny frames as fast as it can.
import { setTimeout as delay } from 'node:timers/promises'
import { frame, TEXT } from '../../scripts/raw/frame.mjs'
import { check } from './check.mjs'
import { Latencies } from './latencies.mjs'
import { batchOf, messageOf } from './message.mjs'
import { openAll } from './open-all.mjs'
import { within } from './patience.mjs'
import { RawSocket } from './raw-socket.mjs'

const EVERY_MS = 20
const TINY_FRAME = frame(TEXT, 'x')
const TINY_REPLY_BYTES = 3
const TINY_FRAMES = batchOf(TINY_FRAME, 8_192)

export class FloodLoad {
  #sockets
  #message
  #replyBytes
  #flooder

  static async open(target, workload) {
    const load = new FloodLoad()
    load.#message = messageOf(workload)
    load.#sockets = await openAll(target, workload)
    const send = () => {
      for (const socket of load.#sockets) socket.write(load.#message.frame)
    }
    load.#replyBytes = await check(load.#sockets, send, load.#message)
    load.#flooder = new Flooder(await RawSocket.open(target))
    return load
  }

  /** How long the honest ones wait. Fulfils when the server has answered all, of the flood as well. */
  async run(seconds) {
    const latencies = new Latencies()
    const begin = performance.now()
    const flood = this.#flooder.run(seconds)
    await Promise.all(this.#sockets.map((socket) => this.#talk(socket, begin + seconds * 1_000, latencies)))
    const messages = await flood
    const elapsed = (performance.now() - begin) / 1_000
    return { messages: messages + latencies.count, seconds: elapsed, ...latencies.summary() }
  }

  close() {
    for (const socket of [...this.#sockets, this.#flooder.socket]) socket.destroy()
  }

  async #talk(socket, deadline, latencies) {
    while (performance.now() < deadline) {
      const before = performance.now()
      await within(
        0,
        () => 'an honest message did not come back',
        (resolve, reject) => {
          countBytes(socket, this.#replyBytes, resolve, reject)
          socket.write(this.#message.frame)
        },
      )
      latencies.add(performance.now() - before)
      await delay(EVERY_MS)
    }
  }
}

class Flooder {
  constructor(socket) {
    this.socket = socket
  }

  /** Fulfils with the number of frames when all have come back. */
  async run(seconds) {
    const deadline = performance.now() + seconds * 1_000
    let [sent, bytes] = [0, 0]
    let settle
    this.socket.onBytes = (size) => {
      bytes += size
      if (bytes > sent * TINY_REPLY_BYTES) settle.reject(new Error('more came back than was sent'))
      else if (performance.now() >= deadline && bytes === sent * TINY_REPLY_BYTES) settle.resolve()
    }
    this.socket.onClose = (error) => settle.reject(error ?? new Error('the server ended the connection'))
    await within(
      seconds * 1_000,
      () => `${sent - bytes / TINY_REPLY_BYTES} messages of the flood did not come back`,
      async (resolve, reject) => {
        settle = { resolve, reject }
        while (performance.now() < deadline) {
          sent += TINY_FRAMES.length / TINY_FRAME.length
          const isFull = !this.socket.write(TINY_FRAMES)
          await (isFull ? new Promise((resume) => this.socket.socket.once('drain', resume)) : delay(0))
        }
        this.socket.onBytes(0)
      },
    )
    return sent
  }
}

/** Ends well when exactly so many bytes have come. */
function countBytes(socket, expected, resolve, reject) {
  let bytes = 0
  socket.onBytes = (size) => {
    bytes += size
    if (bytes === expected) resolve()
    else if (bytes > expected) reject(new Error('more came back than was sent'))
  }
  socket.onClose = (error) => reject(error ?? new Error('the server ended the connection'))
}
