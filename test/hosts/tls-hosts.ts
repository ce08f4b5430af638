/** Every host over TLS. */

import { once } from 'node:events'
import { createServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import express, { type Application } from 'express'
import express4 from 'express4'
import Fastify, { type FastifyInstance } from 'fastify'
import { attach, websockets } from '../../adapters/express.ts'
import wsPlugin from '../../adapters/fastify.ts'
import { createWebSockets } from '../../src/index.ts'
import { TLS } from '../adapters/tls.ts'
import { echo, type HostedApp } from './host.ts'

/** Each with the WebSocket route `/ws`, and `/echo` over HTTP, which tells its method and echoes its body. */
export const TLS_HOSTS: Record<string, () => Promise<HostedApp>> = {
  'node:http': async () => {
    const ws = createWebSockets()
    const server = createServer(TLS, async (request, response) => {
      response.end(`${request.method} ${(await buffer(request)).toString()}`)
    })
    server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, echo))
    return served(server.listen(0, '127.0.0.1'), ws)
  },
  'Express 4': () => onExpress(express4 as unknown as typeof express), // the same as far as it is used here
  'Express 5': () => onExpress(express),
  'Fastify 5': async () => {
    const app = Fastify({ https: TLS }) as unknown as FastifyInstance // whose server is as good as any
    await app.register(wsPlugin)
    app.ws('/ws', echo)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.all('/echo', ({ method, body }) => `${method} ${typeof body === 'string' ? body : ''}`)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { server: app.server, ws: app.ws, close: () => app.close() }
  },
}

function onExpress(framework: typeof express): Promise<HostedApp> {
  const app = websockets<Application>(framework())
  app.ws('/ws', echo)
  app.all('/echo', framework.text({ type: () => true, limit: '1mb' }), ({ method, body }, response) => {
    response.send(`${method} ${typeof body === 'string' ? body : ''}`)
  })
  return served(attach(createServer(TLS, app), app).listen(0, '127.0.0.1'), app.ws)
}

async function served(server: HostedApp['server'], ws: HostedApp['ws']): Promise<HostedApp> {
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await ws.close()
    await closed
  }
  return { server, ws, close }
}
