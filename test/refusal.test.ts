import t from 'tap'
import { FAILED, FORBIDDEN, refusalHeaders, TIMED_OUT, UNAVAILABLE, writeRefusal } from '../src/refusal.ts'
import { settle } from './support/open.ts'
import { respond } from './support/respond.ts'

t.test('H28 H38 a refusal is a whole response: status, a line of plain text, Connection: close', async (t) => {
  for (const [refusal, status] of [
    [FORBIDDEN, '403 Forbidden'],
    [FAILED, '500 Internal Server Error'],
    [UNAVAILABLE, '503 Service Unavailable'],
  ] as const) {
    const { response, received } = respond()
    writeRefusal(response, refusal)
    await settle()
    const text = received()
    t.ok(text.startsWith(`HTTP/1.1 ${status}\r\n`), text)
    t.match(text, /^content-type: text\/plain/im)
    t.match(text, /^x-content-type-options: nosniff/im)
    t.match(text, /^connection: close/im)
    t.ok(text.endsWith(`\r\n\r\n${status.slice(4)}\n`), 'and no detail')
    const [, length] = /^content-length: (\d+)/im.exec(text) ?? []
    t.equal(Number(length), status.length - 3, 'its exact length')
  }
})

t.test('headers of a refusal go out with it, and headers that were set before stay', async (t) => {
  const { response, received } = respond()
  response.setHeader('Set-Cookie', 'a=1')
  writeRefusal(response, { ok: false, status: 426, reason: 'no', headers: [['Sec-WebSocket-Version', '13']] })
  await settle()
  t.match(received(), /^HTTP\/1.1 426 /)
  t.match(received(), /^Sec-WebSocket-Version: 13\r$/m)
  t.match(received(), /^Set-Cookie: a=1\r$/m)
  t.match(refusalHeaders(UNAVAILABLE)[0], ['Retry-After', '5'])
})

t.test('RFC 9110 §15.6.5 the 504 is a whole response', async (t) => {
  t.match(TIMED_OUT, /^HTTP\/1.1 504 Gateway Timeout\r\nConnection: close\r\n[\s\S]*Content-Length: 0\r\n\r\n$/)
})
