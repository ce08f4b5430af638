import { EventEmitter } from 'node:events'
import { IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { serveAsPlainHttp } from '../src/plain-http.ts'
import { settle } from './support/open.ts'
import { pair } from './support/pair.ts'

interface Given {
  readonly method?: string
  readonly url?: string
  readonly fields: string[]
  readonly head?: string
}

/** What the server reads anew, and by which event it got the socket. */
function serve({ method = 'GET', url = '/a?b', fields, head = '' }: Given, isEncrypted = false): [string, string[]] {
  const [socket] = pair()
  if (isEncrypted) Object.assign(socket, { encrypted: true })
  const events: string[] = []
  const server = new EventEmitter()
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (got) => events.push(`${event} ${got === socket}`))
  const request = { method, url, httpVersion: '1.1', rawHeaders: fields, socket } as unknown as IncomingMessage
  serveAsPlainHttp(server as unknown as Server, request, socket, Buffer.from(head, 'latin1'))
  const bytes: Buffer | null = socket.read()
  return [bytes?.toString('latin1') ?? '', events]
}

const rows: [rule: string, given: Given, expected: string][] = [
  [
    'H11 without Upgrade, and its name in Connection',
    { fields: ['Host', 'h', 'Upgrade', 'h2c', 'Connection', 'Upgrade', 'X-Other', 'kept'] },
    'GET /a?b HTTP/1.1\r\nHost: h\r\nX-Other: kept\r\n\r\n',
  ],
  [
    'H12 other names in Connection stay',
    { fields: ['HOST', 'h', 'UPGRADE', 'h2c', 'CONNECTION', 'keep-alive, UPGRADE, HTTP2-Settings'] },
    'GET /a?b HTTP/1.1\r\nHOST: h\r\nCONNECTION: keep-alive, HTTP2-Settings\r\n\r\n',
  ],
  [
    'repeated fields stay repeated, in their order',
    { fields: ['A', '1', 'Upgrade', 'x', 'Upgrade', 'y', 'a', '2', 'Connection', 'close', 'Connection', 'upgrade'] },
    'GET /a?b HTTP/1.1\r\nA: 1\r\na: 2\r\nConnection: close\r\n\r\n',
  ],
  [
    'a body and what follows stay behind it',
    { method: 'POST', fields: ['Host', 'h', 'Content-Length', '4', 'Upgrade', 'x'], head: 'bodyGET / HTTP/1.1' },
    'POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1',
  ],
  [
    'bytes above ASCII stay as they were',
    { fields: ['X', '\xe9\xff'], head: '\x00\xff' },
    'GET /a?b HTTP/1.1\r\nX: \xe9\xff\r\n\r\n\x00\xff',
  ],
  ['an empty value', { fields: ['X', '', 'Connection', ''] }, 'GET /a?b HTTP/1.1\r\nX: \r\nConnection: \r\n\r\n'],
]

for (const [rule, given, expected] of rows) {
  t.test(`RFC 9110 §7.8 ${rule}`, async (t) => t.same(serve(given), [expected, ['connection true']]))
}

t.test('over TLS the server gets it as such', async (t) =>
  t.same(serve({ fields: [] }, true)[1], ['secureConnection true']),
)

t.test('a body that Node has taken in front of the upgrade is answered where it is', async (t) => {
  for (const isGone of [false, true]) {
    const [socket, far] = pair()
    const sent: Buffer[] = []
    far.on('data', (bytes: Buffer) => sent.push(bytes))
    const server = new EventEmitter()
    const served: string[] = []
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      served.push(await text(request))
      response.end('thanks')
    })
    const request = new IncomingMessage(new Socket()) // not the one that the upgrade came with
    Object.assign(request, { method: 'POST', url: '/', httpVersionMajor: 1, httpVersionMinor: 1 })
    request.headers = { expect: '100-continue' }
    request.push('body')
    request.push(null)
    if (isGone) socket.destroy()
    serveAsPlainHttp(server as unknown as Server, request, socket, Buffer.alloc(0))
    await settle(40)
    const answer = Buffer.concat(sent).toString()
    t.same(served, isGone ? [] : ['body'])
    if (!isGone)
      t.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*thanks/s)
    t.equal(isGone || socket.writableEnded, true)
  }
})

t.test('a socket that is gone is left alone', async (t) => {
  const [socket] = pair()
  socket.destroy()
  const server = new EventEmitter()
  server.on('connection', () => t.fail('served'))
  const request = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: [], socket } as unknown as IncomingMessage
  t.doesNotThrow(() => serveAsPlainHttp(server as unknown as Server, request, socket, Buffer.alloc(0)))
})
