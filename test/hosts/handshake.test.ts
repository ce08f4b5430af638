/** What is a WebSocket handshake, what is plain HTTP, and what the 101 says. RFC 6455 §4.2 */

import { clientFrame } from '../protocol/wire.ts'
import { echo } from './host.ts'
import { type Changes, handshake } from './raw-client.ts'
import { onEachHost, onEachHttp1Host } from './suite.ts'

const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const BYE = clientFrame(8, Buffer.of(3, 232))

const rightHandshakes: [rule: string, changes: Changes, headers: Record<string, string | undefined>][] = [
  [
    'H01 §1.3 the answer proves that the key was read',
    {},
    {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': ACCEPT,
      'sec-websocket-extensions': undefined,
      'sec-websocket-protocol': undefined,
      'content-length': undefined,
      'transfer-encoding': undefined,
    },
  ],
  [
    '§4.2.2 another key has another answer',
    { headers: { 'sec-websocket-key': 'w4v7O6xFTi36lq3RNcgctw==' } },
    { 'sec-websocket-accept': 'Oy4NRAQ13jhfONC7bP8dTKb4PTU=' },
  ],
  [
    'H09 §4.2.1 a key with pad bits that are not zero is hashed as received',
    { headers: { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZR==' } },
    { 'sec-websocket-accept': 'Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=' },
  ],
  ['H10 §4.2.1 Connection is a list of tokens', { headers: { connection: 'keep-alive, Upgrade' } }, {}],
  ['H10 §4.2.1 Connection ignores case', { headers: { connection: 'UPGRADE' } }, {}],
  ['H10 §4.2.1 Upgrade ignores case', { headers: { upgrade: 'WebSocket' } }, {}],
  ['H12 RFC 9110 §7.8 a WebSocket among the protocols of Upgrade', { headers: { upgrade: 'h2c, websocket' } }, {}],
  [
    '§9.1 an unknown extension is not answered',
    { headers: { 'sec-websocket-extensions': 'x-unknown; a="b"' } },
    NONE(),
  ],
  [
    'H31 §9.1 names of object properties are no extensions',
    { headers: { 'sec-websocket-extensions': '__proto__, constructor' } },
    NONE(),
  ],
  [
    'H32 RFC 7692 §7 extension names are compared with case',
    { headers: { 'sec-websocket-extensions': 'PERMESSAGE-DEFLATE' } },
    NONE(),
  ],
  ['RFC 9112 §6.3 a length of zero is no body', { headers: { 'content-length': '0' } }, {}],
  ['RFC 3986 §3.4 the query does not route', { path: '/ws?a=b&a=c' }, {}],
]

function NONE() {
  return { 'sec-websocket-extensions': undefined }
}

await onEachHttp1Host(
  'H19 a right handshake is answered with 101, and what lies behind it arrives once',
  async (t, begin) => {
    const app = await begin({ routes: { '/ws': echo } })
    for (const [rule, changes, headers] of rightHandshakes) {
      const client = await app.send(changes, clientFrame(1, 'early'), BYE)
      const head = await client.readHead()
      t.equal(head.status, 101, rule)
      for (const [name, value] of Object.entries(headers)) t.equal(head.headers[name], value, `${rule}: ${name}`)
      t.same(await client.readToEnd(), ['text early', 'close 1000', 'fin'], `${rule}: messages behind it arrive once`)
    }
  },
)

await onEachHost('H27 §4.2.2 a subprotocol is one that both sides speak, or none', async (t, begin) => {
  const pick = (offered: readonly string[]) => offered.at(-1)
  const none = (): undefined => undefined
  const app = await begin({
    routes: {
      '/none': echo,
      '/list': { options: { protocols: ['chat.v2', 'chat'] }, handler: echo },
      '/pick': { options: { protocols: pick }, handler: echo },
      '/nothing': { options: { protocols: none }, handler: echo },
    },
  })
  const cases: [path: string, offered: string | string[] | undefined, answer: string | undefined][] = [
    ['/none', 'zzz', undefined],
    ['/list', undefined, undefined],
    ['/list', 'zzz', undefined],
    ['/list', 'chat', 'chat'],
    ['/list', 'zzz, chat', 'chat'],
    ['/list', 'chat, chat.v2', 'chat.v2'],
    ['/list', ['zzz', 'chat'], 'chat'],
    ['/list', 'Chat', undefined],
    ['/list', [...Array(31).keys(), 'chat'].join(), 'chat'],
    ['/pick', 'a, b', 'b'],
    ['/pick', undefined, undefined],
    ['/nothing', 'a, b', undefined],
  ]
  for (const [path, offered, answer] of cases) {
    const client = await app.send({ path, headers: { 'sec-websocket-protocol': offered } })
    const { status, headers } = await client.readHead()
    t.same([status, headers['sec-websocket-protocol']], [101, answer], `${path}: ${String(offered)}`)
  }
})

await onEachHttp1Host('H11 H12 what asks for no WebSocket is plain HTTP', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo, '/both': echo } })
  const body = 'x'.repeat(100_000)
  const chunked = `5\r\nhello\r\n186a0\r\n${body}\r\n0\r\n\r\n`
  const post = { method: 'POST', path: '/http', headers: { upgrade: 'h2c' } }
  const cases: [rule: string, Changes, sent: string, answer: string][] = [
    ['GET with Upgrade: h2c', { path: '/http', headers: { upgrade: 'h2c' } }, '', 'over http'],
    ['a WebSocket path with Upgrade: h2c', { path: '/both', headers: { upgrade: 'h2c' } }, '', 'over http'],
    ['Upgrade that Connection does not name', { path: '/http', headers: { connection: 'close' } }, '', 'over http'],
    ['no Connection', { path: '/both', headers: { connection: undefined } }, '', 'over http'],
    ['POST for a WebSocket', { method: 'POST', path: '/http', headers: { 'content-length': '2' } }, 'hi', 'hi'],
    ['a body with a length', { ...post, headers: { upgrade: 'h2c', 'content-length': '100000' } }, body, body],
    [
      'a body in chunks',
      { ...post, headers: { upgrade: 'h2c', 'transfer-encoding': 'chunked' } },
      chunked,
      `hello${body}`,
    ],
    [
      'h2c as curl asks for it',
      {
        path: '/http',
        headers: { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' },
      },
      '',
      'over http',
    ],
  ]
  for (const [rule, changes, sent, answer] of cases) {
    const client = await app.send({ ...changes, headers: { ...changes.headers } })
    client.write(sent)
    const { status, body } = await client.readAnswer()
    t.same([status, body], [200, answer], `RFC 9110 §7.8 ${rule}`)
    client.destroy()
  }
})

await onEachHttp1Host('H02 H13 §4.2.1 other methods than GET never upgrade', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']) {
    const client = await app.send({ method, headers: { connection: 'Upgrade, close' } })
    const { status } = await client.readHead()
    t.ok([200, 404, 405].includes(status), `${method}: ${status}`)
  }
})

await onEachHttp1Host('H13 a path without a WebSocket route gives the answer of HTTP', async (t, begin, host) => {
  const app = await begin({ routes: { '/ws': echo } })
  for (const path of ['/nowhere', '/ws/below', '/WS%00']) {
    const plain = await app.send({ path, headers: { upgrade: undefined, connection: 'close' } })
    const upgrade = await app.send({ path })
    const [expected, answer] = [await plain.readAnswer(), await upgrade.readAnswer()]
    t.same([answer.status, answer.body], [expected.status, expected.body], `${path}: ${answer.status}`)
    t.equal(answer.headers.connection, 'close')
    t.equal(await upgrade.rest(), '', 'FIN follows')
  }
  const client = await app.send({ path: '/http' })
  const { status } = await client.readAnswer()
  t.equal(status, host.name.startsWith('Express') ? 200 : 404, 'a path for GET alone')
})

await onEachHttp1Host('H20 RFC 9112 §9.3.2 pipelined requests are answered in order', async (t, begin) => {
  const seen: (string | undefined)[] = []
  const app = await begin({ routes: { '/ws': echo } })
  app.server.on('request', ({ url }) => seen.push(url))
  const get = handshake({ path: '/http', headers: { upgrade: undefined, connection: 'keep-alive' } })

  const upgraded = await app.connect()
  upgraded.write(Buffer.concat([get, handshake(), clientFrame(1, 'behind both'), BYE]))
  t.equal((await upgraded.readAnswer()).status, 200)
  t.equal((await upgraded.readHead()).status, 101)
  t.same(await upgraded.readToEnd(), ['text behind both', 'close 1000', 'fin'])

  const secret = handshake({ path: '/secret', headers: { upgrade: undefined, connection: 'keep-alive' } })
  const opened = await app.open({}, secret)
  t.same(await opened.readToEnd(), ['close 1002', 'fin'], 'a request behind a handshake is no frame')

  const refused = await app.send({ headers: { 'sec-websocket-version': '777' } }, secret)
  t.equal((await refused.readAnswer()).status, 426)
  t.equal(await refused.rest(), '', 'a request behind a refusal is not answered')
  t.notOk(seen.includes('/secret'), 'and neither is routed')
})

await onEachHost('F27 a handshake may come in any pieces', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.connect()
  for (const byte of Buffer.concat([handshake(), clientFrame(1, 'bit by bit'), BYE])) {
    client.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal((await client.readHead()).status, 101)
  t.same(await client.readToEnd(), ['text bit by bit', 'close 1000', 'fin'])
})
