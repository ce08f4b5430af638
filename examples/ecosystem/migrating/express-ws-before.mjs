// migrating/express-ws-before.mjs
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import expressWs from 'express-ws'

const { app } = expressWs(express())
const rooms = new Map()

app.use('/rooms', (request, response, next) => {
  if (request.query.token === 'secret') next()
  else response.sendStatus(401)
})

app.ws('/rooms/:room', async (socket, request) => {
  const { room } = request.params
  socket.on('error', console.error)
  socket.send(await greeting(room))
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(socket))
  socket.on('close', () => members.delete(socket))
  socket.on('message', (data) => {
    if (typeof data !== 'string') socket.send(data)
    else for (const member of members) member.send(data)
  })
})

/** Stands for a question to a database. */
const greeting = (room) => delay(20, `welcome to ${room}`)

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
