// migrating/uws-before.mjs
import { setTimeout as delay } from 'node:timers/promises'
import uWS from '@trufflesuite/uws-js-unofficial' // as from npm; its own address is uNetworking/uWebSockets.js on GitHub

const app = uWS.App()

app.ws('/rooms/:room', {
  maxPayloadLength: 1_048_576,
  idleTimeout: 60,
  upgrade(response, request, context) {
    if (new URLSearchParams(request.getQuery()).get('token') !== 'secret') {
      response.writeStatus('401 Unauthorized').end()
      return
    }
    response.upgrade(
      { room: request.getParameter(0) },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    )
  },
  async open(socket) {
    socket.subscribe(socket.room)
    socket.send(await greeting(socket.room)) // throws, and ends the process, if the client has left meanwhile
  },
  message(socket, data, isBinary) {
    if (isBinary) socket.send(data, true)
    else app.publish(socket.room, data)
  },
})

app.any('/*', (response) => response.writeStatus('404 Not Found').end())

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

app.listen(Number(process.env.PORT ?? 3000), (listening) => {
  console.log(`listening on ${uWS.us_socket_local_port(listening)}`)
})
