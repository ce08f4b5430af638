// What the servers do with a connection, the same for all: every library has `send`, `close` and 'message'.
import { setTimeout as delay } from 'node:timers/promises'

const echo = (socket) => socket.on('message', (data, binary) => socket.send(data, { binary }))

/** By path. Those but `/bare` have a listener for 'error', as `ws` tells its users to add one. */
export const HANDLERS = {
  '/ws': (socket) => {
    socket.on('error', () => {})
    echo(socket)
  },
  '/bare': echo,
  '/throws': () => {
    throw new Error('thrown by the handler')
  },
  '/rejects': async () => {
    throw new Error('rejected by the handler')
  },
  '/message-throws': (socket) => {
    socket.on('message', () => {
      throw new Error('thrown by a listener')
    })
  },
  '/message-rejects': (socket) => {
    socket.on('message', async () => {
      throw new Error('rejected by a listener')
    })
  },
  '/late': async (socket) => {
    await delay(50)
    echo(socket)
  },
  '/closes': (socket) => socket.close(1000),
}
