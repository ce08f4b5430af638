// migrating/socket.io-before.mjs
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const server = createServer()
const io = new Server(server)

io.use((socket, next) => {
  if (socket.handshake.auth.token === 'secret') next()
  else next(new Error('unauthorized'))
})

io.on('connection', (socket) => {
  socket.on('join', (room, done) => {
    void socket.join(room)
    done()
  })
  socket.on('say', (room, text, done) => {
    io.to(room).emit('said', text)
    done(text.length)
  })
})

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`))
