import { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import { isWebSocketUpgrade, redactedUrl, upgradeOf } from '../src/adapter.ts'
import { internal } from './fastify-internal.ts'
import { isSilent } from './fastify-log.ts'

type Serializer = (this: unknown, value: unknown) => unknown
type Serializers = RouteOptions['logSerializers']
type Requested = IncomingMessage & { readonly originalUrl?: string }

/** Where a logger has its own: `pino.symbols.serializersSym`. Of another logger than pino nothing of this kind is known. */
const SERIALIZERS = Symbol.for('pino.serializers')

/**
 * From here on the lines of `app`'s log that have an upgrade as their `req` have no token in its `url`. It is the logger's own
 * serializer that changes, in a copy that Fastify made for this app: what no route has goes by that one alone.
 */
export function redactUpgrades(app: FastifyInstance): void {
  const serializers = Reflect.get(app.log, SERIALIZERS) as Record<string, Serializer | undefined> | undefined
  if (serializers === undefined) return
  if (serializers.req !== undefined) serializers.req = redacting(serializers.req)
  app.addHook('onRequest', redactLog)
}

/** Those that are laid over the logger's for a route of `instance`, as Fastify itself lays them. */
export function serializersOf(instance: FastifyInstance, ofRoute: Serializers): Serializers {
  const ofPlugins = internal<Serializers | null>(instance, 'fastify.logSerializers') ?? null
  if (ofPlugins === null) return ofRoute
  return Object.assign(Object.create(ofPlugins) as NonNullable<Serializers>, ofRoute)
}

/** The same, for a WebSocket route: one for requests is asked in the logger's stead, so it has to keep as quiet. */
export function redactedSerializers(given: Serializers): Serializers {
  if (typeof given?.req !== 'function') return given
  const outer = Object.create(Object.getPrototypeOf(given) as object | null) as NonNullable<Serializers>
  return Object.assign(outer, given, { req: redacting(given.req) })
}

/** Made once, and calls what was there before. */
function redacting(serializer: Serializer): Serializer {
  return function (value) {
    const shown = Reflect.apply(serializer, this, [value])
    const raw = (value as Partial<FastifyRequest> | null)?.raw ?? value
    return raw instanceof IncomingMessage && isWebSocketUpgrade(raw) ? redacted(shown, raw) : shown
  }
}

/** What a serializer has made of `request`, as JSON has it; where that fails, it fails in the logger, as it would have. */
function redacted(shown: unknown, request: Requested): unknown {
  try {
    return redactedValue(hasToJson(shown) ? shown.toJSON('') : shown, request)
  } catch {
    return shown
  }
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof (value as { readonly toJSON?: unknown } | null | undefined)?.toJSON === 'function'
}

function redactedValue(shown: unknown, { originalUrl, url: path }: Requested): unknown {
  if (typeof shown === 'string') return withoutTokens(withoutTokens(shown, originalUrl), path)
  if (typeof shown !== 'object' || shown === null || !Object.hasOwn(shown, 'url')) return shown
  const { url } = shown as { readonly url: unknown }
  return typeof url === 'string' || url instanceof URL ? { ...shown, url: redactedUrl(url) } : shown
}

function withoutTokens(text: string, url = ''): string {
  return url === '' ? text : text.replaceAll(url, () => redactedUrl(url))
}

/** Fastify's own line about what it has no route for has the whole URL in its words; no other is changed. */
const redactLog: onRequestHookHandler = (request, _reply, done) => {
  if (upgradeOf(request.raw) !== undefined) request.log = redactedLog(request)
  done()
}

function redactedLog({ log, raw: { method, url } }: FastifyRequest): FastifyBaseLogger {
  if (!(SERIALIZERS in log) || isSilent(log)) return log
  const notFound = `Route ${method}:${url} not found`
  function info(this: unknown, ...words: unknown[]): void {
    const said = words[0] === notFound ? [`Route ${method}:${redactedUrl(url)} not found`] : words
    Reflect.apply(log.info, this, said)
  }
  return Object.create(log, { info: { value: info, writable: true, configurable: true } }) as FastifyBaseLogger
}
