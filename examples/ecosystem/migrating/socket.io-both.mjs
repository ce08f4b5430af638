// migrating/socket.io-both.mjs
import express from 'express'
import { Server } from 'socket.io'
import { websockets } from 'sockroute/express'

const app = websockets(express(), { passUpgrades: ['/socket.io/'] })

app.ws('/rooms/:room', (socket, request) => {
  const { room } = request.params
  void socket.subscribe(room)
  socket.on('message', (message) => {
    app.ws.publish(room, message.toString())
    io.to(room).emit('said', message.toString()) // those who have not moved yet
  })
})

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})

const io = new Server(server)
io.on('connection', (socket) => {
  socket.on('join', (room, done) => {
    void socket.join(room)
    done()
  })
  socket.on('say', (room, text, done) => {
    io.to(room).emit('said', text)
    app.ws.publish(room, text)
    done(text.length)
  })
})
