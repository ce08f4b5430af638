import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import {
  acceptHeaders,
  acceptKey,
  type HandshakeAnswer,
  type HandshakeRequest,
  isWebSocketUpgrade,
  readExtendedConnect,
  readHandshake,
} from '../../src/protocol/handshake.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

type Line = [name: string, value: string]

const BASE: Line[] = [
  ['Host', 'h'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', KEY],
  ['Sec-WebSocket-Version', '13'],
]

/** The valid request with the named lines replaced, by none, one or several; others are added. */
function lines(changes: Record<string, string[]> = {}): Line[] {
  const replaced = BASE.filter(([name]) => changes[name] === undefined)
  return [
    ...replaced,
    ...Object.entries(changes).flatMap(([name, values]) => values.map((value): Line => [name, value])),
  ]
}

/** As Node does it: host, key and lengths once, everything else joined. */
function request(headerLines: Line[], method = 'GET', httpVersion = '1.1'): HandshakeRequest {
  const headers: Record<string, string> = {}
  for (const [name, value] of headerLines) {
    const key = name.toLowerCase()
    if (headers[key] === undefined) headers[key] = value
    else if (key !== 'host') headers[key] += `, ${value}`
  }
  return { method, httpVersion, headers, rawHeaders: headerLines.flat() }
}

const OPTIONS = { maxHeaderFields: 100 }

function read(changes: Record<string, string[]>): HandshakeAnswer {
  return readHandshake(request(lines(changes)), OPTIONS)
}

/** `400`, or `101 protocols | extensions`. */
function summary(answer: HandshakeAnswer): string {
  if (!answer.ok) return `${answer.status}`
  return `101 ${answer.protocols.join(',')} | ${answer.extensions.map(({ name }) => name).join(',')}`
}

const FINE = '101  | '

const rows: [rule: string, section: string, changes: Record<string, string[]>, expected: string][] = [
  ['the least that is needed', '4.2.1', {}, FINE],
  ['Connection is a list', '4.2.1', { Connection: ['keep-alive, Upgrade'] }, FINE],
  ['tokens in any case', '4.2.1', { Connection: ['UPGRADE'], Upgrade: ['WebSocket'] }, FINE],
  ['Upgrade in two lines', '4.2.1', { Upgrade: ['h2c', 'websocket'] }, FINE],
  ['Upgrade is a list', '4.2.1', { Upgrade: ['h2c, websocket'] }, FINE],
  ['another protocol', '4.2.1', { Upgrade: ['h2c'] }, '426'],
  ['no Upgrade', '4.2.1', { Upgrade: [] }, '426'],
  ['no Connection', '4.2.1', { Connection: [] }, '426'],
  ['Connection: close', '4.2.1', { Connection: ['close'] }, '426'],

  ['no Host', '4.2.1', { Host: [] }, '400'],
  ['an empty Host', '4.2.1', { Host: [''] }, '400'],
  ['two Host lines', 'RFC 9112 3.2', { Host: ['h', 'h'] }, '400'],

  ['no version', '4.2.1', { 'Sec-WebSocket-Version': [] }, '400'],
  ...['12', '14', '0', '8', '255', '777', '', '0xd', '13.0', '1.3e1', '+13', '013', '13,13', '13, 8'].map(
    (version): (typeof rows)[number] => [
      `version "${version}"`,
      '4.2.2',
      { 'Sec-WebSocket-Version': [version] },
      '426',
    ],
  ),
  ['two version lines', '4.4', { 'Sec-WebSocket-Version': ['13', '13'] }, '426'],

  ['no key', '4.2.1', { 'Sec-WebSocket-Key': [] }, '400'],
  ...[
    '',
    'AAAA',
    'dGhlIHNhbXBsZSBub25jZSE=',
    'dGhlIHNhbXBsZSBub25jZQ',
    'dGhlIHNhbXBs ZSBub25jZQ==',
    `${KEY}\n`,
    '-_-_-_-_-_-_-_-_-_-_-_==',
  ].map((key): (typeof rows)[number] => [`key ${JSON.stringify(key)}`, '4.2.1', { 'Sec-WebSocket-Key': [key] }, '400']),
  ['two keys', '11.3.1', { 'Sec-WebSocket-Key': [KEY, KEY] }, '400'],
  ['pad bits that are not zero', '4.2.1', { 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZR=='] }, FINE],

  ['no body', 'RFC 9110 9.3.1', { 'Content-Length': ['0'] }, FINE],
  ['a body', 'RFC 9110 9.3.1', { 'Content-Length': ['7'] }, '400'],
  ['a length that is none', 'RFC 9110 9.3.1', { 'Content-Length': ['00'] }, '400'],
  ['a chunked body', 'RFC 9110 9.3.1', { 'Transfer-Encoding': ['chunked'] }, '400'],
  ['any transfer coding', 'RFC 9110 9.3.1', { 'Transfer-Encoding': [''] }, '400'],

  ['subprotocols in order', '4.2.1', { 'Sec-WebSocket-Protocol': ['chat, superchat'] }, '101 chat,superchat | '],
  ['subprotocols in two lines', '11.3.4', { 'Sec-WebSocket-Protocol': ['b', 'a'] }, '101 b,a | '],
  ['they differ in case', '11.3.4', { 'Sec-WebSocket-Protocol': ['a, A'] }, '101 a,A | '],
  ['32 subprotocols', '4.1', { 'Sec-WebSocket-Protocol': [manyTokens(32)] }, `101 ${manyTokens(32)} | `],
  ['33 subprotocols', '4.1', { 'Sec-WebSocket-Protocol': [manyTokens(33)] }, '400'],
  ...['a b', '', 'a,,b', ',a', 'a, a', `b${' '.repeat(15_000)}x`, 'a/b', '"a"'].map(
    (protocol): (typeof rows)[number] => {
      const shown = protocol.length > 20 ? 'b, 15,000 spaces, x' : protocol
      return [`subprotocols "${shown}"`, '4.1', { 'Sec-WebSocket-Protocol': [protocol] }, '400']
    },
  ),
  ['a subprotocol twice, in two lines', '11.3.4', { 'Sec-WebSocket-Protocol': ['a', 'a'] }, '400'],

  ['extensions', '9.1', { 'Sec-WebSocket-Extensions': ['foo; bar=1, baz'] }, '101  | foo,baz'],
  ['extensions in two lines', '9.1', { 'Sec-WebSocket-Extensions': ['foo', 'bar'] }, '101  | foo,bar'],
  [
    'names of Object.prototype',
    '9.1',
    { 'Sec-WebSocket-Extensions': ['__proto__, constructor'] },
    '101  | __proto__,constructor',
  ],
  ['a malformed extension', '9.1', { 'Sec-WebSocket-Extensions': ['permessage-deflate;'] }, '400'],
  ['only a comma', '9.1', { 'Sec-WebSocket-Extensions': [','] }, '400'],
  ['an empty line', '9.1', { 'Sec-WebSocket-Extensions': [''] }, '400'],
]

function manyTokens(count: number): string {
  return Array.from({ length: count }, (_, at) => `t${at}`).join(',')
}

for (const [rule, section, changes, expected] of rows)
  t.test(`§${section} ${rule}`, async (t) => t.equal(summary(read(changes)), expected))

t.test('§4.2.1 the key and the parsed offers are handed over', async (t) => {
  t.same(read({ 'Sec-WebSocket-Extensions': ['x; y=1'], 'Sec-WebSocket-Protocol': ['p'] }), {
    ok: true,
    key: KEY,
    protocols: ['p'],
    extensions: [{ name: 'x', params: [['y', '1']] }],
  })
})

t.test('§4.2.1 only GET, and only HTTP/1.1, opens a WebSocket', async (t) => {
  for (const method of ['POST', 'HEAD', 'PUT', 'CONNECT', 'get', ''])
    t.equal(summary(readHandshake(request(lines(), method), OPTIONS)), '426', method)
  for (const version of ['1.0', '2.0', '1.2', '0.9', '1'])
    t.equal(summary(readHandshake(request(lines(), 'GET', version), OPTIONS)), '505', `HTTP/${version}`)
})

t.test('§4.2.2, §4.4 a refusal says which version is spoken', async (t) => {
  const upgrade: Line[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
  ]
  const version: Line = ['Sec-WebSocket-Version', '13']
  t.match(read({ 'Sec-WebSocket-Version': [] }), { headers: [version] })
  t.match(
    read({ 'Sec-WebSocket-Version': ['8'] }),
    { headers: [...upgrade, version] },
    'and 426 names the upgrade, RFC 9110 §15.5.22',
  )
  t.match(read({ Upgrade: [] }), { headers: upgrade })
  t.same(read({ Host: [] }), { ok: false, status: 400, reason: 'Host must be given once', headers: [] })
})

const reasons: [changes: Record<string, string[]>, reason: string][] = [
  [{ Upgrade: [] }, 'This is a WebSocket endpoint'],
  [{ Host: [] }, 'Host must be given once'],
  [{ 'Content-Length': ['7'] }, 'An upgrade must not have a body'],
  [{ 'Transfer-Encoding': ['chunked'] }, 'An upgrade must not have a body'],
  [{ 'Sec-WebSocket-Version': [] }, 'Sec-WebSocket-Version is missing'],
  [{ 'Sec-WebSocket-Version': ['8'] }, 'Only WebSocket version 13 is spoken'],
  [{ 'Sec-WebSocket-Key': ['AAAA'] }, 'Sec-WebSocket-Key must be 16 bytes in Base64, once'],
  [{ 'Sec-WebSocket-Protocol': ['a b'] }, 'Sec-WebSocket-Protocol is malformed'],
  [{ 'Sec-WebSocket-Extensions': [','] }, 'Sec-WebSocket-Extensions is malformed'],
]

t.test('a refusal says what is wrong', async (t) => {
  for (const [changes, reason] of reasons) t.match(read(changes), { ok: false, reason })
  t.match(readHandshake(request(lines(), 'GET', '1.0'), OPTIONS), { reason: 'A WebSocket needs HTTP/1.1' })
  t.match(readHandshake(request(lines()), { maxHeaderFields: 1 }), { reason: 'Too many header fields' })
})

t.test('more header fields than allowed are refused before any of them is believed', async (t) => {
  const flood = Array.from({ length: 95 }, (): Line => ['i', ''])
  t.equal(summary(readHandshake(request([...lines(), ...flood]), OPTIONS)), FINE)
  const one = request([...lines(), ...flood, ['i', '']])
  t.equal(summary(readHandshake(one, OPTIONS)), '431')
  t.equal(summary(readHandshake({ ...one, headers: {} }, OPTIONS)), '431', 'whatever Node has left of them')
  t.equal(summary(readHandshake(one, { maxHeaderFields: Number.POSITIVE_INFINITY })), FINE)
})

t.test('§11.3.1 a repeated key or host is seen in the lines, where the headers show one', async (t) => {
  for (const name of ['Host', 'HOST', 'sec-websocket-key']) {
    const { headers, rawHeaders } = request(lines())
    const doubled = { method: 'GET', httpVersion: '1.1', headers, rawHeaders: [...rawHeaders, name, 'x'] }
    t.equal(summary(readHandshake(doubled, OPTIONS)), '400', name)
  }
  const named = request(lines({ 'X-Forwarded-For': ['host', 'Host', 'sec-websocket-key'] }))
  t.equal(summary(readHandshake(named, OPTIONS)), FINE, 'a value is not a name')
})

t.test('values that are lists already', async (t) => {
  const { headers, rawHeaders } = request(lines())
  const joined = { ...headers, 'sec-websocket-protocol': ['a', 'b'], 'sec-websocket-extensions': ['x', 'y'] }
  t.equal(
    summary(readHandshake({ method: 'GET', httpVersion: '1.1', headers: joined, rawHeaders }, OPTIONS)),
    '101 a,b | x,y',
  )
})

t.test('§4.2.1 what asks for a WebSocket, rightly or not', async (t) => {
  const asks = (changes: Record<string, string[]>, method?: string): boolean =>
    isWebSocketUpgrade(request(lines(changes), method))
  t.ok(asks({}))
  t.ok(asks({ 'Sec-WebSocket-Key': [], 'Sec-WebSocket-Version': ['1'], Host: [] }))
  t.ok(asks({ Upgrade: ['h2c, WebSocket'], Connection: ['close, upgrade'] }))
  t.notOk(asks({ Upgrade: ['h2c'] }))
  t.notOk(asks({ Upgrade: [] }))
  t.notOk(asks({ Connection: ['close'] }))
  t.notOk(asks({ Connection: [] }))
  t.notOk(asks({}, 'POST'))
})

t.test('§1.3, §4.2.2 the accept key', async (t) => {
  t.equal(acceptKey(KEY), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'the example of the RFC')
  t.equal(acceptKey('w4v7O6xFTi36lq3RNcgctw=='), 'Oy4NRAQ13jhfONC7bP8dTKb4PTU=')
  t.not(acceptKey('dGhlIHNhbXBsZSBub25jZR=='), acceptKey(KEY), 'of the text received, not of what it decodes to')
})

t.test('§4.2.2 the header fields of the 101', async (t) => {
  const always = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
  ]
  t.same(acceptHeaders(KEY, undefined, undefined), always)
  t.same(acceptHeaders(KEY, 'chat', 'x; y'), [
    ...always,
    ['Sec-WebSocket-Protocol', 'chat'],
    ['Sec-WebSocket-Extensions', 'x; y'],
  ])
})

/** An extended CONNECT, as the request that it stands for; without what HTTP/2 has not. */
const NO_HTTP1 = { Upgrade: [], Connection: [], 'Sec-WebSocket-Key': [] }

const extendedRows: [rule: string, section: string, changes: Record<string, string[]>, expected: string][] = [
  ['neither Upgrade, Connection nor a key', 'RFC 8441 5', {}, FINE],
  ["a key that is none is nobody's affair", 'RFC 8441 5', { 'Sec-WebSocket-Key': ['x'] }, FINE],
  ['no Host', 'RFC 9113 8.3.1', { Host: [] }, '400'],
  ['no version', '4.2.1', { 'Sec-WebSocket-Version': [] }, '400'],
  ['version 8', '4.2.2', { 'Sec-WebSocket-Version': ['8'] }, '426'],
  ['a body', 'RFC 9110 9.3.1', { 'Content-Length': ['7'] }, '400'],
  ['subprotocols', '11.3.4', { 'Sec-WebSocket-Protocol': ['b, a'] }, '101 b,a | '],
  ['malformed subprotocols', '4.1', { 'Sec-WebSocket-Protocol': ['a b'] }, '400'],
  ['extensions', '9.1', { 'Sec-WebSocket-Extensions': ['foo; bar=1, baz'] }, '101  | foo,baz'],
  ['a malformed extension', '9.1', { 'Sec-WebSocket-Extensions': [','] }, '400'],
]

for (const [rule, section, changes, expected] of extendedRows) {
  t.test(`over HTTP/2: §${section} ${rule}`, async (t) => {
    const asked = request(lines({ ...NO_HTTP1, ...changes }), 'GET', '2.0')
    t.equal(summary(readExtendedConnect(asked, OPTIONS)), expected)
    t.equal(summary(readExtendedConnect(asked, { maxHeaderFields: 0 })), '431', 'there is a most of header fields')
  })
}

t.test(
  "over HTTP/2: a key is handed over where there is one; the answer without one has an Accept that is nobody's",
  async (t) => {
    const withKey = request(lines({ ...NO_HTTP1, 'Sec-WebSocket-Key': [KEY] }), 'GET', '2.0')
    t.match(readExtendedConnect(withKey, OPTIONS), { ok: true, key: KEY })
    t.match(readExtendedConnect(request(lines(NO_HTTP1), 'GET', '2.0'), OPTIONS), { ok: true, key: undefined })
    t.same(acceptHeaders(undefined, undefined, undefined).at(-1), ['Sec-WebSocket-Accept', acceptKey('')])
  },
)

t.test("a request of Node's own is read as it is", async (t) => {
  const server = createServer()
  const upgrade = once(server, 'upgrade')
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const doubled = lines({ Host: ['h', 'i'], 'Sec-WebSocket-Protocol': ['a', 'b'] })
  client.write(`GET / HTTP/1.1\r\n${doubled.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`)
  const [incoming, socket] = (await upgrade) as [IncomingMessage, { destroy(): void }]
  t.ok(isWebSocketUpgrade(incoming))
  t.equal(summary(readHandshake(incoming, OPTIONS)), '400', 'Node shows the first Host only')
  const single = { ...request([]), headers: incoming.headers, rawHeaders: [] }
  t.equal(summary(readHandshake(single, OPTIONS)), '101 a,b | ')
  socket.destroy()
  client.destroy()
  await once(server.close(), 'close')
})
