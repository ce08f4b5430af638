import t from 'tap'
import { readResponseHead } from '../../src/http2/response-head.ts'

const lines = (...all: string[]): string => all.join('\r\n')

t.test('what is about the connection is left out, and names are in lower case: RFC 9113 §8.2', async (t) => {
  const text = lines(
    'HTTP/1.1 403 Forbidden',
    'Connection: close',
    'Transfer-Encoding: chunked',
    'X-Why:  no: never ',
    'Keep-Alive: x',
  )
  t.same(readResponseHead(text), { status: 403, isOpening: false, headers: { 'x-why': 'no: never' } })
})

t.test('repeated fields are one, but for cookies: RFC 9110 §5.3', async (t) => {
  const { headers } = readResponseHead(
    lines('HTTP/1.1 200 OK', 'Vary: a', 'Set-Cookie: a=1', 'vary: b', 'set-cookie: b=2'),
  )
  t.same(headers, { vary: 'a, b', 'set-cookie': ['a=1', 'b=2'] })
})

t.test('only a 101 that proves that it was meant opens: RFC 6455 §4.2.2', async (t) => {
  t.equal(readResponseHead(lines('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket')).isOpening, false)
  t.equal(readResponseHead(lines('HTTP/1.1 101 Switching Protocols', 'Sec-WebSocket-Accept: x')).isOpening, true)
  t.equal(readResponseHead(lines('HTTP/1.1 200 OK', 'Sec-WebSocket-Accept: x')).isOpening, false)
})

t.test('what begins with no status line is no response: RFC 9112 §4', async (t) => {
  for (const text of ['', 'GET / HTTP/1.1', 'HTTP/1.1 099 x', 'HTTP/1.1 600 x', 'HTTP/2.0 200 OK', 'HTTP/1.1 20']) {
    t.throws(() => readResponseHead(text), /no response of HTTP/, text)
  }
})
