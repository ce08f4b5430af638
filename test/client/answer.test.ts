/** What a server may answer to a client's handshake, byte by byte, over a transport in memory. RFC 6455 §4.1 */
import t from 'tap'
import { type ClientOptions, connect, HandshakeError } from '../../src/client/index.ts'
import { serverFrame } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { settle } from '../support/open.ts'
import { answered, filled, rawServer } from './raw-server.ts'

const WITH_DEFLATE: ClientOptions = { compression: { contextTakeover: true } }

type Bad = [rule: string, answer: string, message: RegExp, options?: ClientOptions]

const bad: Bad[] = [
  ['no Upgrade', answered({ Upgrade: null }), /101 is wrong: it lacks Upgrade/],
  ['another Upgrade', answered({ Upgrade: 'h2c' }), /Upgrade header is not websocket/],
  ['two Upgrades', answered({ Upgrade: 'websocket, h2c' }), /Upgrade header is not websocket/],
  ['no Connection', answered({ Connection: null }), /101 is wrong: it lacks Upgrade: websocket or Connection: Upgrade/],
  ['Connection: close', answered({ Connection: 'close' }), /it lacks Upgrade: websocket or Connection: Upgrade/],
  ['no Accept', answered({ 'Sec-WebSocket-Accept': null }), /Sec-WebSocket-Accept header does not belong/],
  ["somebody else's Accept", answered({ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }), /does not belong/],
  ['Accept in other case', answered({ 'Sec-WebSocket-Accept': '{accept}x' }), /does not belong/],
  ['Accept twice', answered({ 'Sec-WebSocket-Accept': '{accept}\r\nSec-WebSocket-Accept: x' }), /does not belong/],
  [
    'a subprotocol unasked',
    answered({ 'Sec-WebSocket-Protocol': 'chat' }),
    /subprotocol "chat", which was not offered/,
  ],
  [
    'another subprotocol',
    answered({ 'Sec-WebSocket-Protocol': 'c' }),
    /subprotocol "c", which was not offered/,
    { protocols: ['a', 'b'] },
  ],
  ['two subprotocols', answered({ 'Sec-WebSocket-Protocol': 'a, b' }), /subprotocol "a, b"/, { protocols: ['a', 'b'] }],
  ['a subprotocol in other case', answered({ 'Sec-WebSocket-Protocol': 'A' }), /"A"/, { protocols: 'a' }],
  ['an empty subprotocol', answered({ 'Sec-WebSocket-Protocol': '' }), /subprotocol "", which/, { protocols: 'a' }],
  [
    'an extension unasked',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    /the extension permessage-deflate, which was not offered/,
  ],
  [
    'an unknown extension',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate, x' }),
    /the extension x, which was not offered/,
    WITH_DEFLATE,
  ],
  [
    'an extension twice',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate, permessage-deflate' }),
    /permessage-deflate twice/,
    WITH_DEFLATE,
  ],
  [
    'malformed extensions',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate;;' }),
    /Extensions header is malformed/,
    WITH_DEFLATE,
  ],
  [
    'a parameter of deflate that was not offered',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate; x=1' }),
    /of permessage-deflate, the parameter x=1 is unknown/,
    WITH_DEFLATE,
  ],
  [
    'a parameter of deflate that was asked for, and is not there',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    /server_no_context_takeover was asked for/,
    { compression: true },
  ],
  ['HTTP/1.0', answered({}, 'HTTP/1.0 101 Switching Protocols'), /HTTP\/1\.0, and a WebSocket needs/],
  ['200', answered({}, 'HTTP/1.1 200 OK'), /the server answered 200 OK in place of 101/],
  ['404 without a reason', 'HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n', /the server answered 404 in place of 101/],
  ['a redirect, which is not followed', answered({ Location: '/' }, 'HTTP/1.1 302 Found'), /answered 302 Found/],
]

for (const [rule, answer, message, options] of bad) {
  t.test(`§4.1 ${rule}: the attempt fails`, async (t) => {
    const server = rawServer((request, end) => {
      setImmediate(() => end.end())
      return filled(answer, request)
    })
    const failed = await connect('ws://host/', undefined, {
      ...options,
      createConnection: server.createConnection,
    }).catch((error: unknown) => error)
    t.ok(failed instanceof HandshakeError, String(failed))
    t.match(failed, { code: 'WS_HANDSHAKE', message })
  })
}

type Good = [rule: string, answer: string, protocol: string, extensions: string, options?: ClientOptions]

const good: Good[] = [
  ['nothing but what must be', answered(), '', ''],
  ['in any case', answered({ Upgrade: 'WebSocket', Connection: 'keep-alive, uPGRADE' }), '', ''],
  ['with what nobody asked for', answered({ 'X-Powered-By': 'x', 'Set-Cookie': 'a=1\r\nSet-Cookie: b=2' }), '', ''],
  ['one of the subprotocols', answered({ 'Sec-WebSocket-Protocol': 'b' }), 'b', '', { protocols: ['a', 'b'] }],
  ['none of them', answered(), '', '', { protocols: ['a', 'b'] }],
  ['no compression', answered(), '', '', WITH_DEFLATE],
  [
    'compression',
    answered({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits="10"' }),
    '',
    'permessage-deflate; client_max_window_bits=10',
    WITH_DEFLATE,
  ],
  ['after a 100 and a 103', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${answered()}`, '', ''],
]

for (const [rule, answer, protocol, extensions, options] of good) {
  for (const cut of ['whole', 'a byte at a time', 'in two, behind a line'] as const) {
    t.test(`§4.1 ${rule}, ${cut}, with a message behind it: open`, async (t) => {
      const server = rawServer((request, end) => {
        const bytes = Buffer.concat([Buffer.from(filled(answer, request), 'latin1'), serverFrame(1, 'first')])
        void send(end, bytes, cut === 'whole' ? bytes.length : cut === 'in two, behind a line' ? 34 : 1)
        return undefined
      })
      const socket = await connect('ws://host/', { ...options, createConnection: server.createConnection })
      t.same([socket.readyState, socket.protocol, socket.extensions], [1, protocol, extensions])
      const [message] = await nextOf(socket)
      t.equal(String(message), 'first')
      socket.terminate()
    })
  }
}

async function send(end: { write(bytes: Buffer): boolean }, bytes: Buffer, step: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += step) {
    end.write(bytes.subarray(at, at + step))
    await settle(1)
  }
}

function nextOf(socket: {
  once(event: 'message', listener: (...args: unknown[]) => void): unknown
}): Promise<unknown[]> {
  return new Promise((resolve) => {
    socket.once('message', (...args) => resolve(args))
  })
}

t.test('the answer and the start of its body are on the error', async (t) => {
  const body = 'token expired'
  const server = rawServer(
    `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await t.rejects(connect('ws://host/', { createConnection: server.createConnection }), {
    name: 'HandshakeError',
    message: 'the server answered 401 Unauthorized in place of 101',
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: 'token expired',
  })
  await settle()
  t.ok(server.end().destroyed || server.end().readableEnded, 'the connection is given up')
})

t.test('a body without an end: 4 KiB are read, and no more', async (t) => {
  let written = 0
  const server = rawServer((_, end) => {
    end.write('HTTP/1.1 503 Service Unavailable\r\n\r\n')
    const more = (): void => {
      if (end.destroyed || !end.writable || written > 100_000_000) return
      written += 65_536
      end.write(Buffer.alloc(65_536, 'x'), more)
    }
    more()
    return undefined
  })
  const error = await connect('ws://host/', { createConnection: server.createConnection }).catch((e: unknown) => e)
  t.match(error, { status: 503, body: 'x'.repeat(4_096) })
  t.ok(written < 1_000_000, `${written} bytes`)
})

t.test('headers without an end: Node has a limit', async (t) => {
  const server = rawServer((_, end) => {
    end.write('HTTP/1.1 101 Switching Protocols\r\n')
    const more = (): void => {
      if (!end.destroyed && end.writable) end.write(`X-More: ${'x'.repeat(1_000)}\r\n`, more)
    }
    more()
    return undefined
  })
  await t.rejects(connect('ws://host/', { createConnection: server.createConnection }), { code: 'HPE_HEADER_OVERFLOW' })
})

t.test('the first answer counts: a 101 behind a refusal is none to us', async (t) => {
  const server = rawServer(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi${answered()}`)
  const refused = { status: 200, message: 'the server answered 200 OK in place of 101' }
  await t.rejects(connect('ws://host/', { createConnection: server.createConnection }), refused)
})

const LATE = 'the server has not answered within handshakeTimeoutMs (5000)'

const UNFINISHED: [rule: string, act: () => string | undefined, error: { message: string; body?: string }][] = [
  ['the server says nothing', () => undefined, { message: LATE }],
  ['the server stops inside the head', () => 'HTTP/1.1 101 Switching Protocols\r\nUpgr', { message: LATE }],
  [
    'a refusal whose body does not end',
    () => 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf',
    { message: 'the server answered 401 Unauthorized in place of 101', body: '' },
  ],
]

for (const [rule, act, error] of UNFINISHED) {
  t.test(`${rule}: handshakeTimeoutMs is the end of it`, async (t) => {
    const clock = new FakeClock()
    const server = rawServer(act)
    const failed = connect('ws://host/', {
      createConnection: server.createConnection,
      clock,
      handshakeTimeoutMs: 5_000,
    })
    failed.catch(() => undefined)
    await settle()
    clock.advance(5_000)
    await t.rejects(failed, error)
    t.equal(clock.timers, 0)
    await settle()
    t.ok(server.end().readableEnded || server.end().destroyed)
  })
}

for (const [rule, answer] of [
  ['at once', ''],
  ['inside the head', 'HTTP/1.1 101 Switching Protocols\r\nUpgr'],
] as const) {
  t.test(`the connection ends ${rule}: Node's own error`, async (t) => {
    const server = rawServer((_, end) => {
      if (answer !== '') end.write(answer)
      end.end()
      return undefined
    })
    await t.rejects(connect('ws://host/', { createConnection: server.createConnection }), { code: 'ECONNRESET' })
  })
}
