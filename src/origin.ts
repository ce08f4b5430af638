import type { IncomingMessage } from 'node:http'
import type { RouteSettings } from './defaults.ts'

/** Why an origin is refused: for the log, which names both sides and the option; the client gets 403 and no detail. */
export interface OriginRefusal {
  readonly origin: string | undefined
  readonly host: string | undefined
  readonly advice: string
}

/** What an origin or a Host header names. `port` is '' where it is the scheme's own. */
interface Place {
  readonly scheme: string
  readonly hostname: string
  readonly port: string
}

type OriginSettings = Pick<RouteSettings, 'origins' | 'requireOrigin' | 'allowedHosts'>

const DEFAULT_PORTS: Record<string, string> = { http: '80', https: '443', ws: '80', wss: '443' }

/**
 * Whether the page that opens this WebSocket may. Cookies go with every handshake, from whatever page, so by default
 * only the server's own pages may. `host` is the request's host as the framework sees it: the forwarded one only where
 * the user told the framework to trust its proxy. RFC 6455 §10.2
 */
export function checkOrigin(
  request: IncomingMessage,
  host: string | undefined,
  settings: OriginSettings,
): OriginRefusal | undefined {
  const { origin } = request.headers
  const refuse = (advice: string): OriginRefusal => ({ origin, host, advice })
  if (settings.allowedHosts !== undefined && !isAllowedHost(host, settings.allowedHosts)) {
    return refuse(`add the host to allowedHosts if this server goes by that name`)
  }
  if (origin === undefined) {
    return settings.requireOrigin ? refuse('set requireOrigin: false to admit clients that are no browsers') : undefined
  }
  if (settings.origins === 'any') return undefined
  if (typeof settings.origins === 'function') {
    return decide(settings.origins(origin, request)) ? undefined : refuse('the function given as origins said no')
  }
  if (settings.origins.some((pattern) => matches(pattern, origin))) return undefined
  if (isOwn(origin, host)) return undefined
  if (origin === 'null') return refuse('it stands for any sandboxed frame or local file; do not admit it lightly')
  if (!isPlain(origin))
    return refuse('it is not as browsers write one; only a function given as origins could admit it')
  return refuse(`add it to origins to admit its pages: origins: [${JSON.stringify(origin)}]`)
}

/** A promise is truthy, and would admit everybody. */
function decide(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError('sockroute: the function given as origins must return true or false; wait in a hook instead')
}

/** The request's own origin, or one loopback page to another port. The scheme is not compared: proxies end TLS. */
function isOwn(origin: string, host: string | undefined): boolean {
  const page = parseOrigin(origin)
  if (page === undefined || host === undefined) return false
  const server = parseOrigin(`${page.scheme}://${host}`)
  if (server === undefined) return false
  if (isLoopback(page.hostname) && isLoopback(server.hostname)) return true
  return page.hostname === server.hostname && page.port === server.port
}

/** An origin as browsers serialise it, in lower case; undefined for everything else. RFC 6454 §6.2 */
function parseOrigin(text: string): Place | undefined {
  const match =
    /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^\s.:/?#@\\[\]]+(?:\.[^\s.:/?#@\\[\]]+)*\.?)(?::(\d{1,5}))?$/.exec(
      text.toLowerCase(),
    )
  if (match === null) return undefined
  const [, scheme, hostname, port] = match
  return { scheme, hostname, port: port ?? DEFAULT_PORTS[scheme] ?? '' }
}

/** Whether it may stand in a line of the log: bytes above ASCII hold what terminals obey. */
function isPlain(origin: string): boolean {
  return /^[!-~]+$/.test(origin) && parseOrigin(origin) !== undefined
}

/** RFC 6761 §6.3, RFC 1122 §3.2.1.3 */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  )
}

/** `https://*.example.com` stands for one or more whole labels in place of the star, with the same scheme and port. */
function matches(pattern: string, origin: string): boolean {
  const star = pattern.indexOf('://*.')
  const named = pattern.toLowerCase()
  if (star < 0) return named === origin.toLowerCase()
  const page = parseOrigin(origin)
  const allowed = parseOrigin(named.replace('://*.', '://'))
  if (page === undefined || allowed === undefined) return false
  const isSameDoor = page.scheme === allowed.scheme && page.port === allowed.port
  return isSameDoor && page.hostname.endsWith(`.${allowed.hostname}`)
}

function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = host?.toLowerCase() ?? ''
  const hostname = name.replace(/:\d+$/, '')
  return allowed.some((one) => one.toLowerCase() === name || one.toLowerCase() === hostname)
}
