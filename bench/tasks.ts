// What a server does with its connections, once with our interface and once with that of `ws`.
import { on } from 'node:events'
import { type Connection, prepare, type WebSockets } from 'sockroute'
import type { WebSocket } from 'ws'

/** `echo` and `iterate` send back what came, by a listener or by a loop; `fan-out` and `publish` send it to all. */
export type TaskName = 'echo' | 'iterate' | 'fan-out' | 'publish'

type Task<Socket, App> = (socket: Socket, app: App) => unknown

/** What our tasks need of the app. */
export type OurApp = Pick<WebSockets, 'connections' | 'publish'>

const ALL = 'all'

export const TASKS: Record<TaskName, Task<Connection, OurApp>> = {
  echo(socket) {
    socket.on('message', (data, isBinary) => {
      socket.send(data, { binary: isBinary })
    })
  },
  async iterate(socket) {
    for await (const message of socket) socket.send(message)
  },
  'fan-out'(socket, { connections }) {
    socket.on('message', (data, isBinary) => {
      const message = prepare(data, { binary: isBinary })
      for (const one of connections) one.send(message)
    })
  },
  publish(socket, app) {
    void socket.subscribe(ALL)
    socket.on('message', (data, isBinary) => {
      app.publish(ALL, data, { binary: isBinary })
    })
  },
}

export const WS_TASKS: Record<TaskName, Task<WebSocket, Iterable<WebSocket>>> = {
  echo(socket) {
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  },
  async iterate(socket) {
    for await (const [data, binary] of on(socket, 'message', { close: ['close'] })) socket.send(data, { binary })
  },
  'fan-out': sendToAll,
  publish: sendToAll, // it has no topics
}

function sendToAll(socket: WebSocket, all: Iterable<WebSocket>): void {
  socket.on('message', (data, binary) => {
    for (const one of all) one.send(data, { binary })
  })
}
