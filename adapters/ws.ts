/**
 * What a program written for `ws` imports, over our core: `import { WebSocketServer, WebSocket } from 'sockroute/ws'`, or
 * `const WebSocket = require('sockroute/ws')`. What differs is in docs/ws.md.
 */
import { WebSocketServer } from './ws-server.ts'
import { WebSocket } from './ws-socket.ts'
import { createWebSocketStream } from './ws-stream.ts'

/** As `ws` has it, the class of the sockets carries everything. */
Object.assign(WebSocket, { WebSocket, WebSocketServer, Server: WebSocketServer, createWebSocketStream })

export type * from './ws-types.ts'
/** What `require` gives: the class itself. */
export {
  createWebSocketStream,
  WebSocket,
  WebSocket as default,
  WebSocket as 'module.exports',
  WebSocketServer,
  WebSocketServer as Server,
}
