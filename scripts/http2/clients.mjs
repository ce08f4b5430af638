// Many clients with as little code as can be: what they cost is not measured, but has the other core.
import { once } from 'node:events'
import * as http2 from 'node:http2'
import * as tls from 'node:tls'

/** So many handshakes are under way at the same time. */
const AT_ONCE = 50
const HOST = '127.0.0.1'
const UNTRUSTED = { host: HOST, rejectUnauthorized: false } // a certificate of this run, on this machine

/** Fulfils with `{ sockets, close }`: streams on which the handshake is over. */
export async function openHttp1(port, count) {
  const sockets = await inTurns(count, () => upgraded(port))
  const close = () => Promise.all(sockets.map(ended))
  return { sockets, close }
}

export async function openHttp2(port, sessionCount, streamsEach) {
  const sessions = await inTurns(sessionCount, () => sessionTo(port))
  const sockets = []
  for (const session of sessions) sockets.push(...(await inTurns(streamsEach, () => stream(session, port))))
  const close = () => Promise.all(sessions.map(ended))
  return { sockets, close }
}

async function inTurns(count, open) {
  const opened = []
  while (opened.length < count) {
    opened.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened.length) }, open))))
  }
  return opened
}

function ended(destroyable) {
  const closed = once(destroyable, 'close')
  destroyable.destroy()
  return closed
}

async function upgraded(port) {
  const socket = tls.connect({ ...UNTRUSTED, port, ALPNProtocols: ['http/1.1'] })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  const fields = [`Host: ${HOST}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  socket.write(`GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
  const [head] = await once(socket, 'data')
  if (!head.toString().startsWith('HTTP/1.1 101 ')) throw new Error(`refused: ${head}`)
  return socket
}

async function sessionTo(port) {
  const session = http2.connect(`https://${HOST}:${port}`, UNTRUSTED)
  await once(session, 'remoteSettings')
  return session
}

async function stream(session, port) {
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'https',
      ':path': '/',
      ':authority': `${HOST}:${port}`,
      'sec-websocket-version': '13',
    },
    { endStream: false },
  )
  stream.on('error', () => {}) // its session was destroyed
  const [{ ':status': status }] = await once(stream, 'response')
  if (status !== 200) throw new Error(`refused: ${status}`)
  return stream
}
