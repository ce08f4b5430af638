/** The head of a response as HTTP/1.1 writes it, in the fields of HTTP/2. */
export interface ResponseHead {
  readonly status: number
  /** It says that a WebSocket is open, and not only so: with Sec-WebSocket-Accept. RFC 6455 §4.2.2 */
  readonly isOpening: boolean
  readonly headers: Record<string, string | string[]>
}

/** What is about the connection, of which a stream has none; and what says so to HTTP/1.1. RFC 9113 §8.2.2 */
const ABOUT_CONNECTION = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]

/**
 * Reads a status line and the lines of header fields. Repeated fields become one, but for Set-Cookie. RFC 9112 §4, RFC 9110 §5.3
 * @throws Error for what begins with no status line
 */
export function readResponseHead(text: string): ResponseHead {
  const [statusLine, ...lines] = text.split('\r\n')
  const [, status] = /^HTTP\/1\.[01] ([1-5]\d\d)\b/.exec(statusLine) ?? []
  if (status === undefined) throw new Error(`no response of HTTP/1.1: ${JSON.stringify(statusLine)}`)
  const headers: Record<string, string | string[]> = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).trim().toLowerCase()
    if (at > 0) headers[name] = withField(headers[name], name, line.slice(at + 1).trim())
  }
  const isOpening = status === '101' && 'sec-websocket-accept' in headers
  for (const name of ABOUT_CONNECTION) delete headers[name]
  return { status: Number(status), isOpening, headers }
}

function withField(earlier: string | string[] | undefined, name: string, value: string): string | string[] {
  if (name === 'set-cookie') return [earlier ?? [], value].flat()
  return earlier === undefined ? value : `${String(earlier)}, ${value}`
}
