import Fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  type onRequestHookHandler,
  type onSendHookHandler,
} from 'fastify'
import wsPlugin from '../../adapters/fastify.ts'
import { handshakeSignal } from '../../src/index.ts'
import { isThenable } from '../../src/thenable.ts'
import { TLS } from '../adapters/tls.ts'
import { type AppSpec, type Hook, type Host, type HostedApp, routesOf } from './host.ts'

export const fastifyHost: Host = { name: 'Fastify 5', isFramework: true, start: (spec) => start(spec, false) }

export const fastifyHttp2Host: Host = {
  name: 'Fastify 5 over HTTP/2',
  isFramework: true,
  start: (spec) => start(spec, true),
}

async function start(spec: AppSpec, http2: boolean): Promise<HostedApp> {
  const settings = { trustProxy: spec.trustProxy ?? false, bodyLimit: 8_388_608 }
  const app = http2 ? overHttp2(settings, spec) : Fastify(settings)
  spec.onServer?.(app.server)
  await app.register(wsPlugin, { ...spec.options, http2 })
  for (const [path, { options, hooks = [], handler }] of routesOf(spec)) {
    app.ws(path, { onRequest: hooks.map(onRequest), onSend: hold, ws: options }, handler)
  }
  app.get('/http', () => 'over http')
  app.get('/both', () => 'over http')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post('/http', (request) => request.body)
  const { errorReply } = spec
  if (errorReply !== undefined) {
    app.setErrorHandler((error, _request, reply) => {
      const [status, body] = errorReply(error)
      return reply.code(status).send(body)
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { server: app.server, ws: app.ws, close: () => app.close() }
}

function overHttp2(settings: FastifyServerOptions, { isSecure = false }: AppSpec): FastifyInstance {
  const app = isSecure
    ? Fastify({ ...(settings as object), http2: true, https: { ...TLS, allowHTTP1: true } })
    : Fastify({ ...(settings as object), http2: true })
  return app as unknown as FastifyInstance // its server is as good as any
}

const held = new WeakSet<FastifyRequest>()
const hold: onSendHookHandler = (request, _reply, payload, done) => {
  if (held.has(request)) setImmediate(done, null, payload)
  else done(null, payload)
}

const onRequest =
  (hook: Hook): onRequestHookHandler =>
  (request, reply, done) => {
    const result = hook({
      raw: request.raw,
      signal: handshakeSignal(request),
      setHeader: (name, value) => void reply.header(name, value),
      setStatus: (status) => void reply.code(status),
      hold: () => void held.add(request),
      reply: (status, body, headers = {}) => void reply.code(status).headers(headers).send(body),
    })
    if (isThenable(result)) return result // a hook that returns a promise does not call `done`
    if (!reply.sent) done()
  }
