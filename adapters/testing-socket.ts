import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from '../src/client/index.ts'
import { TestClock } from './testing-clock.ts'
import { TestNetwork } from './testing-network.ts'
import type { MemoryPair } from './testing-transport.ts'

/** The server's answer to the handshake. */
export interface TestResponse {
  /** 101 */
  readonly status: number
  /** `set-cookie` is a list. */
  readonly headers: IncomingHttpHeaders
}

/** It never goes on: what happens after a time is the server's doing, in these tests. */
const STILL = new TestClock()

const PATIENT: ClientOptions = {
  clock: STILL,
  handshakeTimeoutMs: 'unlimited',
  pingIntervalMs: 'unlimited',
  maxMessageBytes: 'unlimited',
}

/**
 * A test's end of a WebSocket: a client in all that it does, pongs and the closing handshake included. It has no times of its
 * own, and takes messages of any size.
 */
export class TestSocket extends WebSocket {
  /** What a network does to a connection. */
  readonly network: TestNetwork
  #response: TestResponse | undefined = undefined
  /** Those who have asked for a message get theirs in turn. */
  #last: Promise<unknown> = Promise.resolve()

  /** Made by `inject`. */
  constructor(path: string, pair: MemoryPair, options: ClientOptions) {
    super(`ws://localhost${path}`, options.protocols ?? [], {
      ...options,
      ...PATIENT,
      createConnection: () => pair.client as never, // any Duplex will do, but the type says Socket
    })
    this.network = new TestNetwork(pair)
    this.once('upgrade', ({ statusCode = 101, headers }: IncomingMessage) => {
      this.#response = { status: statusCode, headers }
    })
  }

  /** The 101, with what hooks have put on it. */
  get response(): TestResponse {
    if (this.#response === undefined) throw new Error('there is no response before the WebSocket is open')
    return this.#response
  }

  /**
   * The next message, text as string and binary as Buffer; those that have come already first, also when the connection has ended.
   * Rejects when it has, and none is left.
   */
  next(): Promise<string | Buffer> {
    const message = this.#last.then(() => this.#take())
    this.#last = message.catch(() => undefined)
    return message
  }

  #take(): Promise<string | Buffer> {
    return new Promise((resolve, reject) => {
      const onMessage = (data: Buffer, isBinary: boolean): void => {
        this.off('close', onClose)
        resolve(isBinary ? data : data.toString())
      }
      const onClose = (code: number, reason: Buffer): void => {
        this.off('message', onMessage)
        const why = reason.length === 0 ? `${code}` : `${code} (${reason.toString()})`
        reject(new Error(`the connection was closed with ${why} before a message came`))
      }
      this.once('message', onMessage)
      this.on('close', onClose)
    })
  }
}
