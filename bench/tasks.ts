// What a server does with its connections, once with our interface and once with that of `ws`.
import { on } from 'node:events'
import { type Connection, prepare } from 'sockroute'
import type { WebSocket } from 'ws'

/** `echo` and `iterate` send back what came, by a listener or by a loop; `fan-out` sends it to all. */
export type TaskName = 'echo' | 'iterate' | 'fan-out'

type Task<Socket> = (socket: Socket, all: Iterable<Socket>) => unknown

export const TASKS: Record<TaskName, Task<Connection>> = {
  echo(socket) {
    socket.on('message', (data, isBinary) => {
      socket.send(data, { binary: isBinary })
    })
  },
  async iterate(socket) {
    for await (const message of socket) socket.send(message)
  },
  'fan-out'(socket, all) {
    socket.on('message', (data, isBinary) => {
      const message = prepare(data, { binary: isBinary })
      for (const one of all) one.send(message)
    })
  },
}

export const WS_TASKS: Record<TaskName, Task<WebSocket>> = {
  echo(socket) {
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  },
  async iterate(socket) {
    for await (const [data, binary] of on(socket, 'message', { close: ['close'] })) socket.send(data, { binary })
  },
  'fan-out'(socket, all) {
    socket.on('message', (data, binary) => {
      for (const one of all) one.send(data, { binary })
    })
  },
}
