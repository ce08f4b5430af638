import { type CloseEvent, WebSocket, type WebSocketInit } from 'undici'

/** A WebSocket whose messages wait until they are asked for. */
export class Client {
  readonly socket: WebSocket
  readonly closed: Promise<CloseEvent>
  readonly #messages: string[] = []
  #onMessage: () => void = () => {}

  constructor(url: string, init: WebSocketInit = {}) {
    this.socket = new WebSocket(url, init)
    this.socket.addEventListener('message', ({ data }) => {
      this.#messages.push(String(data))
      this.#onMessage()
    })
    this.closed = new Promise((resolve) => this.socket.addEventListener('close', resolve))
  }

  static open(url: string, init: WebSocketInit = {}): Promise<Client> {
    return Client.opened(new Client(url, init))
  }

  /** Fulfils with the client when its handshake has succeeded. */
  static async opened<C extends Client>(client: C): Promise<C> {
    await new Promise((resolve, reject) => {
      client.socket.addEventListener('open', resolve)
      client.socket.addEventListener('error', ({ error }) => reject(error))
    })
    return client
  }

  send(data: string): void {
    this.socket.send(data)
  }

  /** The next message; rejects when the connection ends before it. */
  async next(): Promise<string> {
    const ended = this.closed.then(({ code }) => Promise.reject(new Error(`closed (${code}) without a message`)))
    ended.catch(() => {})
    while (this.#messages.length === 0) {
      const arrived = new Promise<void>((resolve) => {
        this.#onMessage = resolve
      })
      await Promise.race([arrived, ended])
    }
    return this.#messages.shift() ?? ''
  }

  /** Closes, and tells what the server answered. */
  close(code?: number): Promise<CloseEvent> {
    this.socket.close(code)
    return this.closed
  }
}
