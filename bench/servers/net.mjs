// No WebSocket server, but the limit of what one can be on node:net: it counts bytes, and answers with fixed ones.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { BINARY, header, TEXT } from '../../scripts/raw/frame.mjs'
import { isText, payloadOf } from '../payload.mjs'

/** To the handshake of the client, whose key is always the same. */
const ANSWER = Buffer.from(
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
)
const MASK_BYTES = 4

export async function start({ task, payload }) {
  const { requestBytes, reply } = framesOf(payload)
  const sockets = new Set()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let rest = -1 // the handshake has not been read
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      if (rest < 0) {
        rest = 0
        socket.write(ANSWER)
        return
      }
      const count = Math.floor((rest + chunk.length) / requestBytes)
      rest += chunk.length - count * requestBytes
      if (count > 0) for (const one of task === 'echo' ? [socket] : sockets) one.write(reply(count))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}

/** Some replies are made beforehand, for as many messages as one read brings. */
function framesOf(payload) {
  if (payload === undefined) return { requestBytes: Number.MAX_SAFE_INTEGER } // nothing is to be answered
  const data = payloadOf(payload)
  const head = header(0x80 | (isText(payload) ? TEXT : BINARY), data.length)
  const requestBytes = head.length + MASK_BYTES + data.length
  head[1] &= 0x7f // a server masks nothing
  const one = Buffer.concat([head, data])
  const replies = [Buffer.alloc(0), one]
  const reply = (count) => (replies[count] ??= Buffer.concat(Array.from({ length: count }, () => one)))
  return { requestBytes, reply }
}
