/** Handshakes that are not right: what is answered, and that nothing behind it is read. RFC 6455 §4.2 */

import type { Server } from 'node:http'
import type { Test } from 'tap'
import { clientFrame } from '../protocol/wire.ts'
import { echo } from './host.ts'
import { type Answer, type Changes, handshake, type RawClient } from './raw-client.ts'
import { onEachHttp1Host, type Running } from './suite.ts'

const SECRET = handshake({ path: '/secret', headers: { upgrade: undefined, connection: 'keep-alive' } })
const VERSION = { 'sec-websocket-version': '13' }

const field = (name: string, value: string | string[] | undefined): Changes => ({ headers: { [name]: value } })
const many = (count: number, name = 'i'): Record<string, string[]> => ({ [name]: Array(count).fill('') })

type Headers = Record<string, string | undefined>
const refusals: [rule: string, changes: Changes, status: number, headers?: Headers][] = [
  ['H17 §4.2.1 a body with a length', field('content-length', '7'), 400],
  ['H17 §4.2.1 a body in chunks', field('transfer-encoding', 'chunked'), 400],
  ['H14 RFC 9112 §3.2 an empty Host', field('host', ''), 400],
  ['H07 §4.2.1 no key', field('sec-websocket-key', undefined), 400],
  ['H07 §4.2.1 an empty key', field('sec-websocket-key', ''), 400],
  ['H07 §4.2.1 a key of 3 bytes', field('sec-websocket-key', 'AAAA'), 400],
  ['H07 §4.2.1 a key of 17 bytes', field('sec-websocket-key', Buffer.alloc(17).toString('base64')), 400],
  ['H07 §4.2.1 a key without its padding', field('sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ'), 400],
  ['H07 §4.2.1 a key with a space inside', field('sec-websocket-key', 'dGhlIHNhbXBs ZSBub25jZQ=='), 400],
  ['H08 §11.3.1 two keys', field('sec-websocket-key', ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==']), 400],
  ['H04 §4.2.1 no version', field('sec-websocket-version', undefined), 400, VERSION],
  ...['12', '14', '0', '8', '255', '7', '0xd', '13.0', '1.3e1', '+13', '013', '13,13', '13, 8'].map(
    (version): [string, Changes, number, Headers] => [
      `H05 H06 §4.2.2 version ${version}`,
      field('sec-websocket-version', version),
      426,
      { ...VERSION, upgrade: 'websocket' },
    ],
  ),
  ['H06 §4.2.2 two versions', field('sec-websocket-version', ['13', '13']), 426, VERSION],
  ['H29 §4.1 a subprotocol with a space', field('sec-websocket-protocol', 'a b'), 400],
  ['H29 §4.1 an empty list of subprotocols', field('sec-websocket-protocol', ''), 400],
  ['H29 §4.1 the same subprotocol twice', field('sec-websocket-protocol', 'a, a'), 400],
  ['H29 §4.1 a subprotocol that is a quoted string', field('sec-websocket-protocol', '"a"'), 400],
  ['H29 §4.1 a run of spaces', field('sec-websocket-protocol', `b${' '.repeat(15_000)}x`), 400],
  ['H29 §4.1 1,000 subprotocols', field('sec-websocket-protocol', [...Array(1_000).keys()].join()), 400],
  ['H30 §9.1 an extension that ends in a semicolon', field('sec-websocket-extensions', 'permessage-deflate;'), 400],
  ['H30 §9.1 an open quotation', field('sec-websocket-extensions', `x; a="${'\\c'.repeat(7_000)}`), 400],
  ['too many header fields', { headers: { ...many(100), origin: 'https://evil.example' } }, 431],
  ['H03 RFC 6455 §4.2.1 HTTP/1.0', { version: '1.0' }, 505],
]

/** An ordinary response, and the end: nothing that is sent behind it is read as anything. */
async function checkRefusal(t: Test, app: Running, client: RawClient, rule: string): Promise<Answer> {
  const answer = await client.readAnswer()
  t.match(answer.headers.connection, /\bclose\b/i, `${rule}: Connection: close`)
  client.write(SECRET)
  client.write(clientFrame(1, 'not read'))
  t.equal(await client.rest(), '', `${rule}: Content-Length is exact, and FIN follows`)
  t.equal(await client.ended, 'fin', `${rule}: no RST, which could take the answer with it`)
  t.equal(app.ws.connections.size, 0, `${rule}: no connection`)
  client.end()
  return answer
}

await onEachHttp1Host('a handshake that is not right is refused', async (t, begin) => {
  const opened: unknown[] = []
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        opened.push(socket)
      },
    },
  })
  app.server.on('request', (request) => opened.push(request.url))
  for (const [rule, changes, status, headers = {}] of refusals) {
    const client = await app.send(changes, SECRET)
    const answer = await checkRefusal(t, app, client, rule)
    t.equal(answer.status, status, rule)
    t.match(answer.headers['content-type'], 'text/plain', `${rule}: plain text`)
    t.equal(answer.headers['x-content-type-options'], 'nosniff', `${rule}: and nothing else`)
    for (const [name, value] of Object.entries(headers)) t.equal(answer.headers[name], value, `${rule}: ${name}`)
  }
  t.same(opened, [], 'no handler has run, and no request behind a refusal was routed')
  await app.settled()
})

await onEachHttp1Host('what is no HTTP is refused before it is a request', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const right = handshake().toString('latin1')
  const change = (from: string | RegExp, to: string): string => right.replace(from, to)
  const cases: [rule: string, bytes: string][] = [
    ['H14 RFC 9112 §3.2 no Host', change('host: h\r\n', '')],
    [
      'H16 RFC 9112 §6.1 a length and chunks',
      change('\r\n\r\n', '\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'),
    ],
    ['H16 RFC 9112 §6.3 two lengths', change('\r\n\r\n', '\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n')],
    ['H18 RFC 9112 §5.2 a folded line', change('\r\n\r\n', '\r\nx: a\r\n b\r\n\r\n')],
    ['H18 RFC 9110 §5.5 NUL in a value', change('host: h', 'host: h\0')],
    ['H18 RFC 9112 §5.1 a space before the colon', change('host:', 'x-f :')],
    ['H03 RFC 9112 §2.3 HTTP/1.2', change('HTTP/1.1', 'HTTP/1.2')],
    ['H21 a header of 20 KB', change('\r\n\r\n', `\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)],
    [
      'H21 3,000 subprotocols',
      change('\r\n\r\n', `\r\nsec-websocket-protocol: ${[...Array(3_000).keys()].join()},x\r\n\r\n`),
    ],
    ['bytes at random', '\xff\xfe\x00\x81'],
  ]
  for (const [rule, bytes] of cases) {
    const client = await app.connect()
    client.write(Buffer.from(bytes, 'latin1'))
    const { status } = await client.readHead()
    t.ok([400, 431, 505].includes(status), `${rule}: ${status}`)
    await client.ended
    client.destroy()
  }
  const flood = await app.send({ headers: many(2_050) })
  const { status } = await flood.readHead()
  t.ok([400, 431].includes(status), `2,050 fields before those of the handshake: ${status}`)
  const foreign = await app.send({ version: '2.0' })
  t.not((await foreign.readHead()).status, 101, 'H03 HTTP/2.0 in the words of HTTP/1')
  t.equal((await app.send()).constructor.name, 'RawClient', 'and the server lives')
})

await onEachHttp1Host('H22 the limit of header fields counts those that Node leaves out', async (t, begin) => {
  const app = await begin({ routes: { '/ws': { options: { maxHeaderFields: 3_000 }, handler: echo }, '/few': echo } })
  const headers = { ...many(1_500), origin: 'https://evil.example', 'x-forwarded-for': '10.0.0.1' }
  for (const path of ['/few', '/ws']) {
    const client = await app.send({ path, headers })
    t.ok([400, 403, 431].includes((await client.readHead()).status), 'a foreign origin does not hide behind them')
  }
})

await onEachHttp1Host('and where the server keeps fewer fields, those that it leaves out', async (t, begin) => {
  const onServer = (server: Server): void => {
    server.maxHeadersCount = 20
  }
  const app = await begin({ onServer, routes: { '/ws': echo } })
  const client = await app.send({ headers: { ...many(30), origin: 'https://evil.example' } })
  t.ok([400, 403, 431].includes((await client.readHead()).status))
})

await onEachHttp1Host(
  'H28 §4.2.2 a subprotocol function that picks what was not offered is an error',
  async (t, begin) => {
    const picks = ['zzz', 'a\r\nSet-Cookie: p=1', '', 1 as unknown as string]
    const routes = Object.fromEntries(
      picks.map((pick, at) => [`/${at}`, { options: { protocols: () => pick }, handler: echo }]),
    )
    const thrower = (): never => {
      throw new Error('no choice')
    }
    const app = await begin({ routes: { ...routes, '/thrown': { options: { protocols: thrower }, handler: echo } } })
    for (const path of [...Object.keys(routes), '/thrown']) {
      const client = await app.send({ path, headers: { 'sec-websocket-protocol': 'chat' } })
      const { status, headers } = await checkRefusal(t, app, client, path)
      t.equal(status, 500, path)
      t.same(
        [headers['set-cookie'], headers['sec-websocket-accept'], headers.upgrade],
        [undefined, undefined, undefined],
      )
    }
  },
)

await onEachHttp1Host('H29 H30 malformed lists cost no time', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const values = [`b${' '.repeat(15_000)}x`, `${'a ,'.repeat(5_000)}`, `"${'\\'.repeat(15_000)}`, ','.repeat(15_000)]
  for (const name of ['sec-websocket-protocol', 'sec-websocket-extensions', 'connection']) {
    for (const value of values) {
      const start = process.cpuUsage()
      const client = await app.send(field(name, name === 'connection' ? `Upgrade, ${value}` : value))
      await client.readHead()
      const { user } = process.cpuUsage(start)
      t.ok(user < 100_000, `${name}: ${user} µs`)
      client.destroy()
    }
  }
})
