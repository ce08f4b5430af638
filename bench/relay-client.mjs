// The clients of several processes as a program: one sends, by the first; those of the others say when it has arrived.
import { createRequire } from 'node:module'
import { answer } from './client/answers.mjs'
import { Latencies } from './client/latencies.mjs'

const WebSocket = createRequire(import.meta.url)('ws')
const OPEN_MS = 10_000
/** A message that has not arrived after so long was lost. */
const LOST_MS = 10_000

/** What is sent is the number of a message, and something behind it. */
const PLAIN = { path: '/', encode: (text) => text, decode: (data) => data.toString() }
/** Socket.IO's event 'm', in Engine.IO's message. */
const SOCKET_IO = {
  path: '/socket.io/?EIO=4&transport=websocket',
  onText(socket, text) {
    if (text.startsWith('0')) socket.send('40')
    if (text === '2') socket.send('3')
  },
  encode: (text) => `42["m","${text}"]`,
  decode: (data) => /^42\["m","(.*)"\]$/.exec(data.toString())?.[1],
}

let load

class RelayLoad {
  #dialect
  #filling
  #sender
  #receivers = 0
  #next = 0
  /** `[when it was sent, at how many receivers it has not arrived]`, by number. */
  #underWay = new Map()
  #latencies
  #arrived = 0
  #isRunning = false
  #onIdle = () => {}
  #fault

  constructor(dialect, bytes) {
    this.#dialect = dialect
    this.#filling = 'x'.repeat(bytes)
  }

  async open(ports) {
    const sockets = await Promise.all(ports.map((port, at) => this.#connect(port, at > 0)))
    this.#sender = sockets[0]
    this.#receivers = ports.length - 1
    await this.#untilAllHear()
  }

  async run(inFlight, seconds) {
    this.#latencies = new Latencies()
    this.#arrived = 0
    this.#isRunning = true
    const begin = performance.now()
    for (let at = 0; at < inFlight; at++) this.#send()
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    this.#isRunning = false
    const elapsed = (performance.now() - begin) / 1_000
    const messages = this.#arrived
    await this.#untilIdle()
    return { messages, seconds: elapsed, ...this.#latencies.summary() }
  }

  #connect(port, isReceiver) {
    const { path, onText, decode } = this.#dialect
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a server does not say that it is ready')), OPEN_MS)
      socket.on('error', reject)
      socket.on('close', (code) => {
        this.#fault = new Error(`a server has closed with ${code}`)
      })
      socket.on('message', (data) => {
        onText?.(socket, data.toString())
        const text = decode(data)
        if (text === 'ready') {
          clearTimeout(timer)
          resolve(socket)
        } else if (text !== undefined && isReceiver) this.#onArrived(Number.parseInt(text, 10))
      })
    })
  }

  /** Some say that they are ready before they are. */
  async #untilAllHear() {
    const end = performance.now() + OPEN_MS
    while (performance.now() < end) {
      this.#latencies = new Latencies()
      this.#send()
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (this.#underWay.size === 0) return
      this.#underWay.clear()
    }
    throw new Error('what the first process publishes does not reach the others')
  }

  #send() {
    const number = this.#next++
    this.#underWay.set(number, [performance.now(), this.#receivers])
    const text = `${number} ${this.#filling}`.slice(0, this.#filling.length)
    this.#sender.send(this.#dialect.encode(text))
  }

  #onArrived(number) {
    const message = this.#underWay.get(number)
    if (message === undefined || --message[1] > 0) return
    this.#underWay.delete(number)
    this.#latencies.add(performance.now() - message[0])
    this.#arrived++
    if (this.#isRunning) this.#send()
    else if (this.#underWay.size === 0) this.#onIdle()
  }

  async #untilIdle() {
    if (this.#fault !== undefined) throw this.#fault
    if (this.#underWay.size === 0) return
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#underWay.size} messages were lost`)), LOST_MS)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

answer({
  async open({ ports, isSocketIo, bytes }) {
    load = new RelayLoad(isSocketIo ? SOCKET_IO : PLAIN, bytes)
    await load.open(ports)
  },
  run: ({ inFlight, seconds }) => load.run(inFlight, seconds),
})
