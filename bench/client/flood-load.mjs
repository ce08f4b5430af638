// Some connections that say something now and then, beside one that sends tiny frames as fast as it can.
import { setTimeout as delay } from 'node:timers/promises'
import { frame, TEXT } from '../../scripts/raw/frame.mjs'
import { check } from './check.mjs'
import { Latencies } from './latencies.mjs'
import { batchOf, messageOf } from './message.mjs'
import { openAll } from './open-all.mjs'
import { within } from './patience.mjs'
import { RawSocket } from './raw-socket.mjs'
import { ReplyCounter } from './reply-counter.mjs'

const EVERY_MS = 20
const TINY_FRAME = frame(TEXT, 'x')
const TINY_REPLY = { bytes: 3, first: 0x81 }
const TINY_FRAMES = batchOf(TINY_FRAME, 8_192)

export class FloodLoad {
  #speakers
  #message
  #flooder

  static async open(target, workload) {
    const load = new FloodLoad()
    load.#message = messageOf(workload)
    const sockets = await openAll(target, workload)
    const send = () => {
      for (const socket of sockets) socket.write(load.#message.frame)
    }
    const reply = await check(sockets, send, load.#message)
    load.#speakers = sockets.map((socket) => new Speaker(socket, reply))
    load.#flooder = new Flooder(await RawSocket.open(target))
    return load
  }

  /** How long the honest ones wait. Fulfils when the server has answered all, of the flood as well. */
  async run(seconds) {
    const latencies = new Latencies()
    const begin = performance.now()
    const flood = this.#flooder.run(seconds)
    await Promise.all(this.#speakers.map((speaker) => this.#talk(speaker, begin + seconds * 1_000, latencies)))
    const messages = await flood
    const elapsed = (performance.now() - begin) / 1_000
    return { messages: messages + latencies.count, seconds: elapsed, ...latencies.summary() }
  }

  close() {
    for (const { socket } of [...this.#speakers, this.#flooder]) socket.destroy()
  }

  async #talk(speaker, deadline, latencies) {
    while (performance.now() < deadline) {
      latencies.add(await speaker.say(this.#message.frame))
      await delay(EVERY_MS)
    }
  }
}

/** One message at a time. */
class Speaker {
  #onReplies = () => {}
  #onClose = () => {}

  constructor(socket, reply) {
    this.socket = socket
    const counter = new ReplyCounter(reply, (pong) => socket.write(pong))
    socket.onBytes = (size, buffer) => this.#onReplies(counter.push(size, buffer))
    socket.onClose = (error) => this.#onClose(error ?? new Error('the server ended the connection'))
  }

  /** Fulfils with how long it took, in milliseconds. */
  async say(frame) {
    const before = performance.now()
    await within(
      0,
      () => 'an honest message did not come back',
      (resolve, reject) => {
        this.#onReplies = (count) => {
          if (count === 1) resolve()
          else if (count > 1) reject(new Error('more came back than was sent'))
        }
        this.#onClose = reject
        this.socket.write(frame)
      },
    )
    return performance.now() - before
  }
}

class Flooder {
  #onReplies = () => {}

  constructor(socket) {
    this.socket = socket
    const counter = new ReplyCounter(TINY_REPLY, (pong) => socket.write(pong))
    socket.onBytes = (size, buffer) => this.#onReplies(counter.push(size, buffer))
  }

  /** Fulfils with the number of frames when all have come back. */
  async run(seconds) {
    const deadline = performance.now() + seconds * 1_000
    let [sent, received] = [0, 0]
    let settle
    this.#onReplies = (count) => {
      received += count
      if (received > sent) settle.reject(new Error('more came back than was sent'))
      else if (performance.now() >= deadline && received === sent) settle.resolve()
    }
    this.socket.onClose = (error) => settle.reject(error ?? new Error('the server ended the connection'))
    await within(
      seconds * 1_000,
      () => `${sent - received} messages of the flood did not come back`,
      async (resolve, reject) => {
        settle = { resolve, reject }
        while (performance.now() < deadline) {
          sent += TINY_FRAMES.length / TINY_FRAME.length
          const isFull = !this.socket.write(TINY_FRAMES)
          await (isFull ? new Promise((resume) => this.socket.socket.once('drain', resume)) : delay(0))
        }
        this.#onReplies(0)
      },
    )
    return sent
  }
}
