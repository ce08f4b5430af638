/** The inspector, mounted in each framework as its users write it, behind a guard that wants a header. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import express, { type RequestHandler } from 'express'
import express4 from 'express4'
import Fastify, { type onRequestAsyncHookHandler } from 'fastify'
import { websockets } from '../../adapters/express.ts'
import { wsPlugin } from '../../adapters/fastify.ts'
import { inspector } from '../../adapters/inspector.ts'
import { createWebSockets, type Logger } from '../../src/index.ts'

const QUIET: Logger = { warn: () => undefined, error: () => undefined }

export const ADMIN = { 'x-admin': 'yes' }

const isAdmin = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => headers['x-admin'] === 'yes'

export interface Mounted {
  readonly server: Server
  close(): Promise<unknown>
}

async function nodeApp(): Promise<Mounted> {
  const ws = createWebSockets({ logger: QUIET })
  const inspect = inspector(ws)
  const server = createServer((request, response) => {
    if (isAdmin(request)) inspect.page(request, response)
    else response.writeHead(401).end()
  })
  server.on('upgrade', (request, socket, head) => {
    if (isAdmin(request)) ws.upgrade(request, socket, head, inspect.socket)
    else ws.refuse(request, socket, head, 401)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, close: () => closed(server) }
}

const expressApp = (framework: typeof express, isPageFirst: boolean) => async (): Promise<Mounted> => {
  const app = websockets(framework(), { logger: QUIET })
  const inspect = inspector(app.ws)
  const requireAdmin: RequestHandler = (request, response, next) => {
    if (isAdmin(request)) next()
    else response.sendStatus(401)
  }
  if (isPageFirst) app.get('/inspect', requireAdmin, inspect.page)
  app.ws('/inspect', requireAdmin, inspect.socket)
  if (!isPageFirst) app.get('/inspect', requireAdmin, inspect.page)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, close: () => closed(server) }
}

async function fastifyApp(): Promise<Mounted> {
  const app = Fastify()
  await app.register(wsPlugin)
  const inspect = inspector(app.ws)
  const requireAdmin: onRequestAsyncHookHandler = async (request, reply) => {
    if (!isAdmin(request)) return reply.code(401).send()
  }
  app.get('/inspect', { onRequest: requireAdmin }, inspect.page)
  app.ws('/inspect', { onRequest: requireAdmin }, inspect.socket)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { server: app.server, close: () => app.close() }
}

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

const asExpress4 = express4 as unknown as typeof express // the same as far as it is used here

export const APPS: [name: string, start: () => Promise<Mounted>][] = [
  ['node:http', nodeApp],
  ['Express 4', expressApp(asExpress4, true)],
  ['Express 4, the socket first', expressApp(asExpress4, false)],
  ['Express 5', expressApp(express, true)],
  ['Express 5, the socket first', expressApp(express, false)],
  ['Fastify', fastifyApp],
]
