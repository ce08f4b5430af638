/** A client without a library: bytes over TCP, so that it can say what none would, and sees what comes as it comes. */

import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a test waits, on a busy machine, for something that should be there at once. */
const PATIENCE_MS = 60_000

/** Of a request: what differs from a right handshake. `undefined` leaves a field out, a list sends several lines. */
export interface Changes {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
}

const FIELDS: Record<string, string> = {
  host: 'h',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}

/** The bytes of an opening handshake, which is right unless changed. RFC 6455 §1.3 */
export function handshake({ method = 'GET', path = '/ws', version = '1.1', headers = {} }: Changes = {}): Buffer {
  const changed = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const lines = [`${method} ${path} HTTP/${version}`]
  for (const [name, value] of Object.entries({ ...FIELDS, ...Object.fromEntries(changed) })) {
    if (value === undefined) continue
    for (const one of [value].flat()) lines.push(`${name}: ${one}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

export interface Answer {
  readonly status: number
  /** By name in lower case; repeated fields joined with a line feed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Frame {
  readonly fin: boolean
  /** Compressed. RFC 7692 §6 */
  readonly rsv1: boolean
  readonly opcode: number
  readonly payload: Buffer
}

const NAMES: Record<number, string> = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }

export class RawClient {
  readonly socket: Socket
  /** 'fin' when the server ended its side, 'rst' when the connection broke. */
  readonly ended: Promise<'fin' | 'rst'>
  /** What has come, in a buffer that is only ever appended to: what was taken from it stays as it is. */
  #store: Buffer = Buffer.alloc(4_096)
  #from = 0
  #to = 0
  #end: 'fin' | 'rst' | undefined = undefined
  #onNews: () => void = () => undefined

  static connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, noDelay: true, allowHalfOpen: true })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawClient(socket)))
    })
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.removeAllListeners('error')
    socket.on('data', (chunk: Buffer) => {
      this.#append(chunk)
      this.#onNews()
    })
    this.ended = new Promise((resolve) => {
      const end = (how: 'fin' | 'rst') => (): void => {
        this.#end ??= how
        this.#onNews()
        resolve(this.#end)
      }
      socket.on('end', end('fin')).on('error', end('rst')).on('close', end('rst'))
    })
  }

  /** Returns whether all of it could be passed on at once. */
  write(bytes: Buffer | string): boolean {
    return this.socket.write(bytes)
  }

  /** Fulfils when more can be passed on, or nothing any more. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('drain', resolve).once('close', resolve)
    })
  }

  /** Sends FIN. */
  end(): void {
    this.socket.end()
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Status line and header fields of the next response; the body stays unread. */
  readHead(): Promise<Answer> {
    return this.#read('the head of a response', () => {
      const size = this.#received.indexOf('\r\n\r\n')
      return size < 0 ? undefined : parseHead(this.#take(size + 4).toString('latin1'))
    })
  }

  /** The next response, whose body has a length. RFC 9112 §6.3 */
  async readAnswer(): Promise<Answer> {
    const head = await this.readHead()
    const { 'content-length': length } = head.headers
    if (length === undefined) throw new Error(`a response without Content-Length: ${JSON.stringify(head)}`)
    const body = await this.#read('the body of a response', () => {
      return this.#received.length < Number(length) ? undefined : this.#take(Number(length))
    })
    return { ...head, body: body.toString() }
  }

  /** The next frame. @throws Error if it is masked. RFC 6455 §5.1 */
  readFrame(): Promise<Frame> {
    return this.#read('a frame', () => {
      const bytes = this.#received
      if (bytes.length < 2) return undefined
      if (bytes[1] > 127) throw new Error('the server has masked a frame')
      const header = bytes[1] < 126 ? 2 : bytes[1] === 126 ? 4 : 10
      if (bytes.length < header) return undefined
      const length = header === 2 ? bytes[1] : header === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < header + length) return undefined
      const payload = this.#take(header + length).subarray(header)
      return { fin: bytes[0] > 127, rsv1: (bytes[0] & 0x40) !== 0, opcode: bytes[0] & 15, payload }
    })
  }

  /** The payload of the next frame, as text. */
  async readText(): Promise<string> {
    return (await this.readFrame()).payload.toString()
  }

  /** Everything up to the server's FIN, as a list such as `text hi`, `pong`, `close 1002`, `fin`. */
  async readToEnd(): Promise<string[]> {
    const seen: string[] = []
    for (;;) {
      await this.#read('more, or the end', () => this.#received.length > 0 || this.#end)
      if (this.#received.length === 0) return [...seen, String(this.#end)]
      seen.push(describe(await this.readFrame()))
    }
  }

  /** What the server sends up to its FIN, as it comes. */
  async rest(): Promise<string> {
    await this.#read('the end', () => this.#end)
    return this.#take(this.#received.length).toString('latin1')
  }

  get #received(): Buffer {
    return this.#store.subarray(this.#from, this.#to)
  }

  #append(chunk: Buffer): void {
    if (this.#to + chunk.length > this.#store.length) {
      const { length } = this.#received
      this.#store = Buffer.concat([this.#received], 2 * (length + chunk.length))
      this.#from = 0
      this.#to = length
    }
    this.#to += chunk.copy(this.#store, this.#to)
  }

  #take(size: number): Buffer {
    const taken = this.#received.subarray(0, size)
    this.#from += size
    return taken
  }

  /** Waits until `attempt` finds what it looks for. */
  async #read<T>(what: string, attempt: () => T | undefined | false): Promise<T> {
    const there = attempt()
    if (there !== undefined && there !== false) return there
    const over = new AbortController()
    const patience = delay(PATIENCE_MS, 'late' as const, { signal: over.signal }).catch(() => 'late' as const)
    try {
      for (;;) {
        const found = attempt()
        if (found !== undefined && found !== false) return found
        const news = new Promise<'news'>((resolve) => {
          this.#onNews = () => resolve('news')
        })
        const isOver = this.#end !== undefined || (await Promise.race([news, patience])) === 'late'
        if (isOver) throw new Error(`expected ${what}; got ${this.#end ?? 'nothing'} after ${this.#shown()}`)
      }
    } finally {
      over.abort()
    }
  }

  #shown(): string {
    return JSON.stringify(this.#received.subarray(0, 200).toString('latin1'))
  }
}

export function describe({ fin, opcode, payload }: Frame): string {
  const name = `${fin ? '' : 'part of '}${NAMES[opcode]}`
  if (opcode === 8) return payload.length === 0 ? name : `${name} ${payload.readUInt16BE()}`
  if (payload.length === 0) return name
  return payload.length > 125 ? `${name} of ${payload.length} bytes` : `${name} ${payload.toString()}`
}

function parseHead(text: string): Answer {
  const [first, ...lines] = text.trimEnd().split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    headers[name] = name in headers ? `${headers[name]}\n${value}` : value
  }
  return { status: Number(first.split(' ')[1]), headers, body: '' }
}
