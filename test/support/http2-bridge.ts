/** HTTP/1.1 in, HTTP/2 out, as a proxy does it: so clients of HTTP/1.1 speak with a server over HTTP/2. RFC 8441 §5 */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'

/** A session has less than a server lets it have, so that tests find out what a session shares. */
const STREAMS_PER_SESSION = 50
const CANCEL = 8
/** Who was refused and stays is let go of, as a server does it. */
const LINGER_MS = 2_000
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455 §1.3
/** What is between a client and the bridge. */
const OWN = /^(connection|upgrade|keep-alive|host|sec-websocket-key)$/

interface Head {
  readonly method: string
  readonly path: string
  readonly fields: Record<string, string | string[]>
}

/** A server whose every connection is a stream to the server that listens on `port`, with a few sessions for all of them. */
export async function bridgeTo(port: number): Promise<Server> {
  const sessions = new Sessions(`http://127.0.0.1:${port}`)
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined) // 'close' follows
    serve(socket, sessions).catch(() => reset(socket)) // the stream has failed
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

class Sessions {
  readonly #url: string
  #last: { session: Promise<ClientHttp2Session>; streams: number } | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Opens a stream. A session ends with the last of its streams. */
  async request(headers: IncomingHttpHeaders, endStream: boolean): Promise<ClientHttp2Stream> {
    if (this.#last === undefined || this.#last.streams >= STREAMS_PER_SESSION) {
      this.#last = { session: open(this.#url), streams: 0 }
    }
    const last = this.#last
    last.streams++
    const session = await last.session
    const stream = session.request(headers, { endStream })
    stream.on('error', () => undefined) // 'close' follows
    stream.once('close', () => {
      last.streams--
      if (last.streams > 0) return
      if (this.#last === last) this.#last = undefined
      session.close()
    })
    return stream
  }
}

/** Extended CONNECT may be used when the server has said so. RFC 8441 §3 */
async function open(url: string): Promise<ClientHttp2Session> {
  const session = connect(url)
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  return session
}

async function serve(socket: Socket, sessions: Sessions): Promise<void> {
  const head = await readHead(socket)
  if (head === undefined) return
  const key = String(head.fields['sec-websocket-key'])
  const isUpgrade = String(head.fields.upgrade).toLowerCase() === 'websocket'
  const hasBody = isUpgrade || 'content-length' in head.fields
  const stream = await sessions.request(isUpgrade ? connectHeaders(head) : requestHeaders(head), !hasBody)
  const giveUp = (): void => stream.close(CANCEL)
  if (socket.closed)
    giveUp() // while its session was opened
  else socket.once('close', giveUp)
  if (hasBody) socket.pipe(stream)
  let onClose = (): void => {
    if (stream.rstCode === 0) socket.destroySoon()
    else reset(socket)
  }
  stream.once('response', (headers: Headers) => {
    if (isUpgrade && headers[':status'] === 200) {
      socket.write(head101(headers, key), 'latin1')
      stream.pipe(socket)
    } else onClose = answering(socket, stream, headers)
  })
  stream.once('close', () => onClose())
}

/** Node keeps the handle of a socket for ever that is to be reset behind its own end. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

type Headers = IncomingHttpHeaders & { ':status'?: number }

/** Its length is known when it is complete. Returns what writes it then. */
function answering(socket: Socket, stream: ClientHttp2Stream, headers: Headers): () => void {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => stream.end())
  return () => {
    const body = Buffer.concat(chunks)
    socket.write(responseHead(headers, body.length), 'latin1')
    socket.end(body)
    socket.unpipe(stream).resume() // what still comes is nobody's
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
}

async function readHead(socket: Socket): Promise<Head | undefined> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n')
    if (end >= 0) {
      socket.unshift(bytes.subarray(end + 4))
      return parseHead(bytes.toString('latin1', 0, end))
    }
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) bytes = Buffer.concat([bytes, chunk])
    else if (socket.readableEnded || socket.destroyed) return undefined
    else await Promise.race([once(socket, 'readable'), once(socket, 'close')])
  }
}

function parseHead(text: string): Head {
  const [first, ...lines] = text.split('\r\n')
  const [method, path] = first.split(' ')
  const fields: Head['fields'] = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    fields[name] = name in fields ? [fields[name], value].flat() : value
  }
  return { method, path, fields }
}

function requestHeaders({ method, path, fields }: Head): IncomingHttpHeaders {
  const others = Object.entries(fields).filter(([name]) => !OWN.test(name))
  return {
    ':method': method,
    ':scheme': 'http',
    ':path': path,
    ':authority': String(fields.host ?? 'localhost'),
    ...Object.fromEntries(others),
  }
}

function connectHeaders(head: Head): IncomingHttpHeaders {
  return { ...requestHeaders(head), ':method': 'CONNECT', ':protocol': 'websocket' } as IncomingHttpHeaders
}

function head101(headers: IncomingHttpHeaders, key: string): string {
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  const own = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
  return linesOf('101 Switching Protocols', headers, own)
}

function responseHead(headers: Headers, length: number): string {
  const { 'content-length': declared = length } = headers
  return linesOf(`${headers[':status']} As Told`, headers, ['Connection: close', `Content-Length: ${declared}`])
}

function linesOf(status: string, headers: IncomingHttpHeaders, own: string[]): string {
  const fields = Object.entries(headers).flatMap(([name, value = []]) => [value].flat().map((one) => `${name}: ${one}`))
  const others = fields.filter((line) => !/^(:|content-length:)/.test(line))
  return `${[`HTTP/1.1 ${status}`, ...others, ...own].join('\r\n')}\r\n\r\n`
}
