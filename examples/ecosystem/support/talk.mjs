import { once } from 'node:events'
import { WebSocket } from 'undici'

/** What comes back for a message. */
export async function talk(url, message) {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send(message)
  const [{ data }] = await once(socket, 'message')
  socket.close()
  await once(socket, 'close')
  return data
}
