/** What an extended CONNECT may be, what hooks see of it, and what is answered. RFC 8441 §4, §5 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { echo, type Handler } from '../hosts/host.ts'
import { until } from '../support/until.ts'
import { answerTo, type Fields, openSocket, requestSocket, sessionTo } from './client.ts'
import { BYE, CANCEL, HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import { CONNECT, headersFrame, rawSession, Type } from './raw-session.ts'

t.test('Z01 without the option nothing is advertised, and nothing opens', async (t) => {
  const app = Fastify({ http2: true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const session = await sessionTo(t, app.server.address() as AddressInfo)
  t.not(session.remoteSettings.enableConnectProtocol, true)
  t.equal((await answerTo(requestSocket(session))).status, undefined)
  session.destroy()
})

await onEachHttp2Host('Z01 what is no WebSocket of HTTP/2 is refused', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const session = await sessionTo(t, app)
  t.equal(session.remoteSettings.enableConnectProtocol, true)
  t.equal((await answerTo(requestSocket(session, '/ws', { ':protocol': 'connect-udp' }))).status, 501)
  for (const missing of [':scheme', ':path']) {
    const { socket, seen } = await rawSession(t, app)
    const fields = Object.entries(CONNECT).filter(([name]) => name !== missing)
    socket.write(headersFrame(1, Object.fromEntries(fields)))
    await until('a reset', () => seen.some(({ type }) => type === Type.Reset))
    const reset = seen.find(({ type }) => type === Type.Reset)
    t.equal(reset?.payload.readUInt32BE(), 1, `PROTOCOL_ERROR without ${missing}`)
  }
  await servesOthers(t, app)
})

const refusals: [rule: string, fields: Fields, status: number][] = [
  ['no version', { 'sec-websocket-version': undefined }, 400],
  ['version 8', { 'sec-websocket-version': '8' }, 426],
  ['two versions', { 'sec-websocket-version': '13, 13' }, 426],
  ['a malformed subprotocol', { 'sec-websocket-protocol': 'a b' }, 400],
  ['a malformed extension', { 'sec-websocket-extensions': 'permessage-deflate;' }, 400],
  ['another Host than :authority', { host: 'evil.example' }, 400],
  ['a body', { 'content-length': '7' }, 400],
  ["another site's page", { origin: 'https://evil.example' }, 403],
]

await onEachHttp2Host('Z02 a handshake that is not right is refused by an ordinary response', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const session = await sessionTo(t, app)
  for (const [rule, fields, status] of refusals) {
    const stream = requestSocket(session, '/ws', fields)
    const answer = await answerTo(stream)
    t.equal(answer.status, status, rule)
    t.equal(answer.headers.connection ?? answer.headers.upgrade, undefined, `${rule}: nothing about the connection`)
    stream.resume().end()
    await once(stream, 'close')
  }
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, 'x']))
  t.equal((await answerTo(requestSocket(session, '/ws', many))).status, 431)
  t.equal((await answerTo(requestSocket(session, '/nowhere'))).status, 404)
  t.equal(app.ws.connections.size, 0)
  await servesOthers(t, app)
})

await onEachHttp2Host('Z02 hooks and handlers see an ordinary request', async (t, begin) => {
  const seen: object[] = []
  const look: Handler = (socket) => echo(socket, undefined)
  const app = await begin({
    options: { protocols: ['chat'] },
    routes: {
      '/ws': {
        hooks: [
          ({ raw, setHeader }) => {
            const { method, url, headers, httpVersion, socket } = raw
            seen.push({
              method,
              url,
              httpVersion,
              host: headers.host,
              cookie: headers.cookie,
              address: socket.remoteAddress,
            })
            seen.push(raw.rawHeaders.filter((_, at) => at % 2 === 0).sort())
            setHeader('Set-Cookie', 'a=1')
          },
        ],
        handler: look,
      },
    },
  })
  const session = await sessionTo(t, app)
  const stream = requestSocket(session, '/ws?a=b', { cookie: ['x=1', 'y=2'], 'sec-websocket-protocol': 'chat' })
  const { status, headers } = await answerTo(stream)
  t.equal(status, 200)
  t.same([headers['sec-websocket-accept'], headers['sec-websocket-protocol']], [undefined, 'chat'])
  t.same([headers['set-cookie'], headers['content-length']], [['a=1'], undefined])
  t.match(seen, [
    { method: 'GET', url: '/ws?a=b', httpVersion: '2.0', host: 'localhost', cookie: 'x=1; y=2', address: '127.0.0.1' },
    ['connection', 'cookie', 'host', 'sec-websocket-protocol', 'sec-websocket-version', 'upgrade'],
  ])
  stream.write(Buffer.concat([HI, BYE]))
  const chunks: Buffer[] = await stream.toArray()
  t.equal(Buffer.concat(chunks).toString('latin1'), '\x81\x02hi\x88\x02\x03\xe8')
})

await onEachHttp2Host('a client that sends a key is answered as it waits for it', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const stream = requestSocket(await sessionTo(t, app), '/ws', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' })
  t.equal((await answerTo(stream)).headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  stream.close(CANCEL)
})

await onEachHttp2Host('Z02 no refusal is a success, whatever a hook says', async (t, begin) => {
  const app = await begin({
    routes: {
      '/ok': { hooks: [({ reply }) => reply(200, 'not today')], handler: echo },
      '/101': { hooks: [({ reply }) => reply(101)], handler: echo },
      '/redirect': { hooks: [({ reply }) => reply(302, '', { Location: '/login' })], handler: echo },
    },
  })
  const session = await sessionTo(t, app)
  const ok = requestSocket(session, '/ok')
  t.equal((await answerTo(ok)).status, 403)
  t.match(Buffer.concat((await ok.toArray()) as Buffer[]).toString(), 'not today', 'what it says arrives')
  t.match(await answerTo(requestSocket(session, '/redirect')), { status: 302, headers: { location: '/login' } })
  const { status = 0 } = await answerTo(requestSocket(session, '/101'))
  t.notOk(status >= 200 && status < 300, `101: ${status}`)
})

await onEachHttp2Host('Z02 one session has so many WebSockets, and another has as many', async (t, begin) => {
  const app = await begin({ options: { maxConnectionsPerHttp2Session: 3 }, routes: { '/ws': echo } })
  const session = await sessionTo(t, app)
  const open = [await openSocket(session), await openSocket(session), await openSocket(session)]
  const refused = requestSocket(session)
  t.match(await answerTo(refused), { status: 503, headers: { 'retry-after': /^\d+$/ } })
  t.equal(app.ws.limitsHit.maxConnectionsPerHttp2Session, 1)
  await servesOthers(t, app)
  refused.resume().end()
  open[0].write(BYE)
  await Promise.all([
    once(refused, 'close'),
    once(
      open[0].resume().on('end', () => open[0].end()),
      'close',
    ),
  ])
  await openSocket(session)
})

await onEachHttp2Host('Z02 who opens ever more in one session is answered with resets', async (t, begin) => {
  const app = await begin({ options: { maxConnectionsPerHttp2Session: 3 }, routes: { '/ws': echo } })
  const { socket, seen } = await rawSession(t, app)
  for (let n = 0; n < 500; n++) socket.write(headersFrame(2 * n + 1, CONNECT))
  await until(
    'all are answered',
    () => seen.filter(({ type }) => type === Type.Headers || type === Type.Reset).length >= 500,
  )
  t.equal(seen.filter(({ type }) => type === Type.Headers).length, 6, 'three are open, three are refused')
  t.equal(app.ws.connections.size, 3)
  t.equal(app.ws.metrics().handshakes, 0)
  await servesOthers(t, app)
})
