/** One app in the words of each framework, which never listens: what tests with `inject` are about. */

import { createServer, type IncomingMessage } from 'node:http'
import cookie from '@fastify/cookie'
import express, { type Request } from 'express'
import express4 from 'express4'
import Fastify, { type FastifyRequest } from 'fastify'
import { websockets } from '../../adapters/express.ts'
import { wsPlugin } from '../../adapters/fastify.ts'
import type { Injectable } from '../../adapters/testing.ts'
import { type AppOptions, type Connection, createWebSockets } from '../../src/index.ts'
import type { AppVerbs } from '../../src/verbs.ts'

export interface Subject {
  readonly app: Injectable
  readonly ws: AppVerbs
}

/** Of a request: what frameworks make of its socket and headers. */
interface Seen {
  readonly ip: string | undefined
  readonly cookie: string | undefined
}

/**
 * The routes: `/echo`; `/seen`, which tells what the request looks like; `/greeting`, which greets, closes with 4000 and
 * sets a cookie on the 101; `/guarded`, where nobody may come in; `/slow`, which is never decided.
 */
const ROUTES = {
  '/echo': (socket: Connection) => {
    socket.on('message', (data, isBinary) => void socket.send(data, { binary: isBinary }))
  },
  '/seen': (socket: Connection, seen: Seen) => void socket.send(JSON.stringify(seen)),
  '/greeting': (socket: Connection) => {
    socket.send('hello')
    socket.send('and goodbye')
    socket.close(4000, 'that was all')
  },
} satisfies Record<string, (socket: Connection, seen: Seen) => void>

const NOT_YOU = { error: 'not you' }

function nodeApp(options: AppOptions): Subject {
  const ws = createWebSockets(options)
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    const path = String(request.url).split('?')[0]
    const seen = ({ socket: { remoteAddress }, headers }: IncomingMessage): Seen => ({
      ip: remoteAddress,
      cookie: headers.cookie,
    })
    const route = Object.entries(ROUTES).find(([name]) => name === path)?.[1]
    const onRequest = nodeHooks[path]
    if (route === undefined && onRequest === undefined) return ws.refuse(request, socket, head)
    const handler = (socket: Connection): unknown => route?.(socket, seen(request))
    ws.upgrade(request, socket, head, { onRequest }, handler)
  })
  return { app: server, ws }
}

const nodeHooks: Record<
  string,
  NonNullable<Parameters<ReturnType<typeof createWebSockets>['upgrade']>[3]>['onRequest']
> = {
  '/greeting': (_request, response) => void response.setHeader('Set-Cookie', ['a=1', 'b=2; Path=/']),
  '/guarded': (_request, response) => {
    response.writeHead(401, { 'X-Reason': 'no token', 'Content-Type': 'application/json' })
    response.end(JSON.stringify(NOT_YOU))
  },
  '/slow': () => new Promise(() => undefined),
}

const expressApp =
  (framework: typeof express) =>
  (options: AppOptions): Subject => {
    const app = websockets(framework(), options)
    app.set('env', 'test') // else the default error handler logs
    const seen = (request: Request): Seen => ({ ip: request.ip, cookie: request.headers.cookie })
    app.ws('/echo', ROUTES['/echo'])
    app.ws('/seen', (socket, request) => ROUTES['/seen'](socket, seen(request)))
    app.ws(
      '/greeting',
      (_request, response, next) => {
        response.cookie('a', 1, { path: '' }).cookie('b', 2)
        next()
      },
      ROUTES['/greeting'],
    )
    app.ws(
      '/guarded',
      (_request, response) => void response.status(401).set('X-Reason', 'no token').json(NOT_YOU),
      () => undefined,
    )
    app.ws(
      '/slow',
      () => undefined,
      () => undefined,
    )
    return { app, ws: app.ws }
  }

async function fastifyApp(options: AppOptions): Promise<Subject> {
  const app = Fastify()
  await app.register(cookie)
  await app.register(wsPlugin, options)
  const seen = (request: FastifyRequest): Seen => ({ ip: request.ip, cookie: request.headers.cookie })
  app.ws('/echo', ROUTES['/echo'])
  app.ws('/seen', (socket, request) => ROUTES['/seen'](socket, seen(request)))
  app.ws(
    '/greeting',
    { onRequest: async (_request, reply) => void reply.setCookie('a', '1').setCookie('b', '2', { path: '/' }) },
    ROUTES['/greeting'],
  )
  app.ws(
    '/guarded',
    { onRequest: async (_request, reply) => reply.code(401).header('X-Reason', 'no token').send(NOT_YOU) },
    () => undefined,
  )
  app.ws('/slow', { onRequest: () => new Promise(() => undefined) }, () => undefined)
  return { app, ws: app.ws }
}

export const SUBJECTS: [name: string, make: (options: AppOptions) => Subject | Promise<Subject>][] = [
  ['node:http', nodeApp],
  ['Express 4', expressApp(express4 as unknown as typeof express)], // the same as far as it is used here
  ['Express 5', expressApp(express)],
  ['Fastify', fastifyApp],
]
