// migrating/express-ws-after.mjs
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import { websockets } from 'sockroute/express'

const app = websockets(express())

function requireToken(request, response, next) {
  if (request.query.token === 'secret') next()
  else response.sendStatus(401)
}

app.ws('/rooms/:room', requireToken, async (socket, request) => {
  const { room } = request.params
  socket.send(await greeting(room))
  await socket.subscribe(room)
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data)
    else app.ws.publish(room, data.toString())
  })
})

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
