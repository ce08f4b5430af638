// socket-io.mjs
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { WebSocketServer } from 'sockroute/ws'

const server = createServer()
const io = new Server(server, { wsEngine: WebSocketServer })

io.on('connection', (socket) => {
  socket.on('join', async (room, done) => {
    await socket.join(room)
    done(`welcome to ${room}`)
  })
  socket.on('say', (room, text) => io.to(room).emit('said', text))
  socket.on('reverse', (bytes, done) => done(Buffer.from(bytes).reverse()))
})

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`))
