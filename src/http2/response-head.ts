/** The head of a response as HTTP/1.1 writes it, in the fields of HTTP/2. */
export interface ResponseHead {
  readonly status: number
  readonly headers: Record<string, string | string[]>
}

/** What is about the connection, of which a stream has none; and what says so to HTTP/1.1. RFC 9113 §8.2.2 */
const ABOUT_CONNECTION = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-accept', // RFC 8441 §5
  'te',
  'transfer-encoding',
  'upgrade',
]

/**
 * Reads what Node has written, so it is well-formed: a status line, and lines of header fields. Repeated fields become one, but for
 * Set-Cookie. RFC 9110 §5.3
 */
export function readResponseHead(text: string): ResponseHead {
  const [statusLine, ...lines] = text.split('\r\n')
  const headers: Record<string, string | string[]> = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).trim().toLowerCase()
    if (at > 0 && !ABOUT_CONNECTION.includes(name))
      headers[name] = withField(headers[name], name, line.slice(at + 1).trim())
  }
  return { status: Number(statusLine.split(' ', 2)[1]), headers }
}

function withField(earlier: string | string[] | undefined, name: string, value: string): string | string[] {
  if (name === 'set-cookie') return [earlier ?? [], value].flat()
  return earlier === undefined ? value : `${String(earlier)}, ${value}`
}
