import { randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import fastify, { type FastifyInstance, type onRequestAsyncHookHandler } from 'fastify'
import wsPlugin from 'sockroute/fastify'
import { inspector } from 'sockroute/inspector'
import { tryToBreakIn } from './break-in.ts'
import { Chat } from './chat.ts'
import { isRoomName, readName, type User } from './messages.ts'
import { PAGE, type Site, type SiteOptions } from './site.ts'

declare module 'fastify' {
  interface Session {
    user?: User
  }
}

/** The same chat on Fastify 5; with TLS over HTTP/2, WebSockets as well. */
export async function startFastify({ host, port, via, sites, ws, tls }: SiteOptions): Promise<Site> {
  const app = newApp(tls)
  const secret = randomBytes(32).toString('hex') // a restart logs everybody out; the page logs in again

  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    secret,
    cookieName: `sockroute-fastify-${port}`, // cookies know hosts, not ports: several demos may run on one
    cookie: { secure: false, sameSite: 'lax' },
    saveUninitialized: false,
  })
  await app.register(wsPlugin, { ...ws, http2: tls !== undefined })
  const chat = new Chat(app.ws, via)

  // The WebSocket endpoint: a route, with the hooks that any route has. A reply refuses it.
  app.ws('/chat/:room', { onRequest: [requireUser, requireRoomName] }, (socket, { params, session, raw }) =>
    chat.serve(socket, params.room, { user: session.user as User, httpVersion: raw.httpVersion }),
  )

  // All connections and their frames, for who has logged in; of real users' messages, only for those who may read them.
  const inspect = inspector(app.ws, { showPayloads: true })
  app.ws('/inspect', { onRequest: requireUser }, inspect.socket)
  app.get('/inspect', { onRequest: loginFirst }, inspect.page)

  // And plain HTTP beside it.
  app.get('/me', async (request) => ({ user: request.session.user ?? null, server: 'Fastify', sites }))
  app.post('/login', async (request, reply) => {
    const name = readName(request.body)
    if (name === undefined) return reply.code(400).send({ error: 'a name has 1 to 32 characters' })
    await request.session.regenerate()
    request.session.user = { id: randomUUID(), name }
    return { user: request.session.user }
  })
  app.post('/logout', { onRequest: requireUser }, async (request, reply) => {
    chat.logOut(request.session.user as User)
    await request.session.destroy()
    return reply.code(204).send()
  })
  app.get('/api/rooms', async () => chat.rooms)
  for (const how of ['no-login', 'foreign-origin'] as const) {
    app.post(`/try/${how}`, { onRequest: requireUser }, (request) => tryToBreakIn(how, request.raw))
  }

  await servePage(app)
  await app.listen({ host, port })
  return {
    name: 'Fastify',
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      chat.close()
      await app.close()
    },
  }
}

const OPTIONS = { bodyLimit: 4096 }

function newApp(tls: SiteOptions['tls']): FastifyInstance {
  if (tls === undefined) return fastify(OPTIONS)
  const app = fastify({ ...OPTIONS, http2: true, https: { allowHTTP1: true, ...tls } })
  return app as unknown as FastifyInstance // its requests have all that is used of them here
}

const requireUser: onRequestAsyncHookHandler = async (request, reply) => {
  if (request.session.user === undefined) return reply.code(401).send({ error: 'log in first' })
}

const loginFirst: onRequestAsyncHookHandler = async (request, reply) => {
  if (request.session.user === undefined) return reply.redirect('/')
}

const requireRoomName: onRequestAsyncHookHandler = async (request, reply) => {
  const { room } = request.params as { room: string }
  if (!isRoomName(room)) return reply.code(404).send({ error: 'no such room' })
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** A handful of small files, read once. */
async function servePage(app: FastifyInstance): Promise<void> {
  for (const name of await readdir(PAGE)) {
    const content = await readFile(new URL(name, PAGE))
    const path = name === 'index.html' ? '/' : `/${name}`
    app.get(path, async (_request, reply) => reply.type(TYPES[extname(name)]).send(content))
  }
}
