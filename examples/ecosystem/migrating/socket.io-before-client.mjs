// migrating/socket.io-before-client.mjs
import { io } from 'socket.io-client'

/** Joins a room. `onSaid` is called with what is said there, `say` fulfils with the server's answer. */
export async function join(port, room, token, onSaid) {
  const socket = io(`http://127.0.0.1:${port}`, { auth: { token }, reconnection: token !== undefined })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  socket.on('said', onSaid)
  await socket.emitWithAck('join', room)
  return {
    say: (text) => socket.emitWithAck('say', room, text),
    leave: () => socket.disconnect(),
  }
}
