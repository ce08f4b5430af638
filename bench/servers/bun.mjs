// Bun.serve: native code. This file runs in Bun.

export function start({ task, isCompressed = false, heartbeatMs, tls }) {
  const server = globalThis.Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: tls && { key: tls.key, cert: tls.cert },
    fetch(request, server) {
      return server.upgrade(request) ? undefined : new Response('not a WebSocket', { status: 426 })
    },
    websocket: {
      perMessageDeflate: isCompressed && { compress: 'shared', decompress: 'shared' },
      ...(heartbeatMs !== undefined && { idleTimeout: (2 * heartbeatMs) / 1_000, sendPings: true }),
      ...TASKS[task](() => server, isCompressed),
    },
  })
  return server.port
}

const TASKS = {
  echo: (_server, isCompressed) => ({
    message(socket, message) {
      socket.send(message, isCompressed)
    },
  }),
  publish: (server, isCompressed) => ({
    open(socket) {
      socket.subscribe('all')
    },
    message(_socket, message) {
      server().publish('all', message, isCompressed)
    },
  }),
}

/** It has no message that is prepared. */
TASKS['fan-out'] = TASKS.publish
