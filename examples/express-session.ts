/**
 * Log in over HTTP, then open a WebSocket with the same session. Without a login the WebSocket is refused with 401.
 *
 *     curl -c jar -d name=Ada http://127.0.0.1:3000/login
 */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import { websockets } from 'sockroute/express'

declare module 'express-session' {
  interface SessionData {
    userName: string
  }
}

const app = websockets(express())
const secret = randomBytes(32).toString('hex') // a restart logs everybody out: keep yours outside of the program

app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
app.use(express.urlencoded({ extended: false }))

app.post('/login', (request, response, next) => {
  const userName = String(request.body?.name ?? '')
  if (userName === '') return void response.status(400).json({ error: 'a name is needed' })
  request.session.regenerate((error) => {
    if (error) return next(error)
    request.session.userName = userName
    response.json({ userName })
  })
})

const requireLogin: RequestHandler = (request, response, next) => {
  if (request.session.userName === undefined) response.status(401).json({ error: 'log in first' })
  else next()
}

app.ws('/chat', requireLogin, (socket, request) => {
  // The session as it was at the handshake: a later change elsewhere needs request.session.reload().
  const { userName } = request.session
  socket.data.session = request.sessionID
  socket.send(`hello ${userName}`)
  socket.on('message', (message) => {
    socket.send(`${userName}: ${message.toString()}`)
  })
})

// The end of a session does not end a WebSocket that it has opened: do that where you log out.
app.post('/logout', requireLogin, (request, response, next) => {
  for (const socket of app.ws.connections) {
    if (socket.data.session === request.sessionID) socket.close(4001, 'logged out')
  }
  request.session.destroy((error) => (error ? next(error) : response.sendStatus(204)))
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', () => server.close())
