import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import express, { type Application, type ErrorRequestHandler, type RequestHandler } from 'express'
import express4 from 'express4'
import { attach, websockets } from '../../adapters/express.ts'
import { handshakeSignal } from '../../src/index.ts'
import { isThenable } from '../../src/thenable.ts'
import { type AppSpec, type Hook, type Host, holdEnd, routesOf } from './host.ts'

export const expressHosts: readonly Host[] = [
  expressHost('Express 4', express4 as unknown as typeof express), // the same as far as it is used here
  expressHost('Express 5', express),
]

/**
 * Over HTTP/2 Express answers no ordinary request, so those of the page are somebody else's here; its WebSocket routes are all there.
 */
export const expressHttp2Hosts: readonly Host[] = [
  expressHost('Express 4 over HTTP/2', express4 as unknown as typeof express, listenHttp2), // as above
  expressHost('Express 5 over HTTP/2', express, listenHttp2),
]

function expressHost(name: string, framework: typeof express, listen = listenHttp1): Host {
  return {
    name,
    isFramework: true,
    async start(spec) {
      const app = websockets(framework(), { ...spec.options, http2: listen === listenHttp2 })
      app.set('env', 'test') // else the default error handler logs
      app.set('trust proxy', spec.trustProxy ?? false)
      for (const [path, { options = {}, hooks = [], handler }] of routesOf(spec)) {
        app.ws(path, options, ...hooks.map(middleware), handler)
      }
      app.get(['/http', '/both'], (_, response) => {
        response.send('over http')
      })
      app.post('/http', framework.raw({ type: () => true, limit: '8mb' }), (request, response) => {
        response.send(request.body)
      })
      const { errorReply } = spec
      if (errorReply !== undefined) {
        const onError: ErrorRequestHandler = (error, _request, response, _next) => {
          const [status, body] = errorReply(error)
          response.status(status).send(body)
        }
        app.use(onError)
      }
      const server = listen(app, spec)
      await once(server, 'listening')
      return {
        server,
        ws: app.ws,
        async close() {
          const closed = once(server, 'close')
          server.close()
          await app.ws.close()
          await closed
        },
      }
    },
  }
}

/** Both ways to a server: the app's own, and one that somebody else has made. */
function listenHttp1(app: ReturnType<typeof websockets<Application>>, { onServer }: AppSpec): Server {
  if (onServer === undefined) return app.listen(0, '127.0.0.1')
  const server = createServer(app)
  onServer(server)
  return attach(server, app).listen(0, '127.0.0.1')
}

function listenHttp2(app: ReturnType<typeof websockets<Application>>, { onServer }: AppSpec): Server {
  const server = createHttp2Server((request, response) => {
    response.statusCode = /^\/(http|both)$/.test(request.url) ? 200 : 404
    response.end('over http')
  }) as unknown as Server // as good as one of node:http, as far as it is used here
  onServer?.(server)
  return attach(server, app).listen(0, '127.0.0.1')
}

const middleware =
  (hook: Hook): RequestHandler =>
  (request, response, next) => {
    const passOn = (): void => {
      if (!response.headersSent) next()
    }
    const result = hook({
      raw: request,
      signal: handshakeSignal(request),
      setHeader: (name, value) => response.append(name, value),
      setStatus: (status) => response.status(status),
      hold: () => holdEnd(response),
      reply: (status, body, headers = {}) => response.status(status).set(headers).send(body),
    })
    if (isThenable(result)) return result.then(passOn)
    passOn()
  }
