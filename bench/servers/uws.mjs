// uWebSockets.js: native code, without node:http and node:net.
import { createRequire } from 'node:module'

/** As large as our own default; its own are 16 KiB of message and 64 KiB of unsent bytes, over which it drops messages. */
const MAX_MESSAGE_BYTES = 1_048_576
const MAX_UNSENT_BYTES = 16_777_216

export async function start({ packages, task, isCompressed, heartbeatMs, tls }) {
  const uws = createRequire(packages)('@trufflesuite/uws-js-unofficial')
  if (uws._cfg === undefined) throw new Error('no native code for this Node')
  const app = tls === undefined ? uws.App() : uws.SSLApp({ key_file_name: tls.keyFile, cert_file_name: tls.certFile })
  app.ws('/*', {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    maxBackpressure: MAX_UNSENT_BYTES,
    compression: isCompressed ? uws.SHARED_COMPRESSOR : uws.DISABLED,
    ...(heartbeatMs !== undefined && { idleTimeout: (2 * heartbeatMs) / 1_000, sendPingsAutomatically: true }),
    ...TASKS[task](app, isCompressed),
  })
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket) resolve(uws.us_socket_local_port(socket))
      else reject(new Error('uWebSockets.js does not listen'))
    })
  })
}

const TASKS = {
  echo: (_app, isCompressed) => ({
    message(socket, message, isBinary) {
      socket.send(message, isBinary, isCompressed)
    },
  }),
  publish: (app, isCompressed) => ({
    open(socket) {
      socket.subscribe('all')
    },
    message(_socket, message, isBinary) {
      app.publish('all', message, isBinary, isCompressed)
    },
  }),
}

/** It has no message that is prepared. */
TASKS['fan-out'] = TASKS.publish
