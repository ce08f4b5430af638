// migrating/socket.io-after-client.mjs
import { connect } from 'sockroute/client'

/** Joins a room. `onSaid` is called with what is said there, `say` fulfils with the server's answer. */
export async function join(port, room, token, onSaid) {
  const socket = await connect(`ws://127.0.0.1:${port}/rooms/${room}?token=${token}`)
  const waiting = new Map()
  let last = 0
  socket.on('message', (message) => {
    const { said, id, done } = JSON.parse(message)
    if (said !== undefined) return onSaid(said)
    waiting.get(id)(done)
    waiting.delete(id)
  })
  return {
    say(text) {
      socket.send(JSON.stringify({ id: ++last, say: text }))
      return new Promise((resolve) => waiting.set(last, resolve))
    },
    leave: () => socket.close(),
  }
}
