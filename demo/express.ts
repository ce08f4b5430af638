import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import type { Logger } from 'sockroute'
import { attach, websockets } from 'sockroute/express'
import { inspector } from 'sockroute/inspector'
import { tryToBreakIn } from './break-in.ts'
import { Chat } from './chat.ts'
import { isRoomName, readName, type User } from './messages.ts'
import { PAGE, type Site, type SiteOptions } from './site.ts'

declare module 'express-session' {
  interface SessionData {
    user: User
  }
}

/** A warning is a line here, as that the broker is away. Fastify's own logger is off: it would say the same. */
const logger: Logger = {
  warn: (details, message) =>
    console.warn(`${message}${'err' in details ? `: ${(details.err as Error).message}` : ''}`),
  error: (details, message) => console.error(message, details),
}

/** The chat on Express 5. With TLS it stays with HTTP/1.1: Express itself knows no other. */
export async function startExpress({ host, port, via, sites, ws, tls }: SiteOptions): Promise<Site> {
  const app = websockets(express(), { logger, ...ws })
  const chat = new Chat(app.ws, via)
  const secret = randomBytes(32).toString('hex') // a restart logs everybody out; the page logs in again

  app.use(express.json({ limit: '4kb' }))
  app.use(
    session({
      secret,
      name: `sockroute-express-${port}`, // cookies know hosts, not ports: several demos may run on one
      cookie: { sameSite: 'lax' },
      resave: false,
      saveUninitialized: false,
    }),
  )

  // The WebSocket endpoint: a route, behind the session above and ordinary middleware. A reply refuses it.
  app.ws(
    '/chat/:room',
    requireUser,
    requireRoomName,
    (socket, { params, session, httpVersion }) =>
      chat.serve(socket, params.room, { user: session.user as User, httpVersion }), // requireUser has seen to it
  )

  // All connections and their frames, for who has logged in; of real users' messages, only for those who may read them.
  const inspect = inspector(app.ws, { showPayloads: true })
  app.ws('/inspect', requireUser, inspect.socket)
  app.get('/inspect', loginFirst, inspect.page)

  // And plain HTTP beside it.
  app.get('/me', (request, response) => {
    response.json({ user: request.session.user ?? null, server: 'Express', sites })
  })
  app.post('/login', (request, response, next) => {
    const name = readName(request.body)
    if (name === undefined) return void response.status(400).json({ error: 'a name has 1 to 32 characters' })
    request.session.regenerate((error) => {
      if (error) return next(error)
      request.session.user = { id: randomUUID(), name }
      response.json({ user: request.session.user })
    })
  })
  app.post('/logout', requireUser, (request, response, next) => {
    chat.logOut(request.session.user as User)
    request.session.destroy((error) => (error ? next(error) : response.sendStatus(204)))
  })
  app.get('/api/rooms', (_request, response) => void response.json(chat.rooms))
  for (const how of ['no-login', 'foreign-origin'] as const) {
    app.post(`/try/${how}`, requireUser, async (request, response) => {
      response.json(await tryToBreakIn(how, request))
    })
  }

  app.use(express.static(fileURLToPath(PAGE)))

  const server = tls === undefined ? app.listen(port, host) : attach(createServer(tls, app), app).listen(port, host)
  await once(server, 'listening')
  return {
    name: 'Express',
    port: (server.address() as AddressInfo).port,
    close: async () => {
      chat.close()
      server.close() // drains the WebSockets too: each gets a close frame, and time to answer it; then the broker is let go of
      await once(server, 'close')
    },
  }
}

const requireUser: RequestHandler = (request, response, next) => {
  if (request.session.user !== undefined) next()
  else response.status(401).json({ error: 'log in first' })
}

const loginFirst: RequestHandler = (request, response, next) => {
  if (request.session.user !== undefined) next()
  else response.redirect('/')
}

const requireRoomName: RequestHandler = (request, response, next) => {
  if (isRoomName(request.params.room)) next()
  else response.status(404).json({ error: 'no such room' })
}
