import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { isWebSocketUpgrade } from '../src/adapter.ts'
import { HTML, SCRIPT_HASH, STYLE_HASH } from './inspector-page.js'

/** What the page may do: run its own script, and talk to where it came from. Nothing may frame it, nor be put into it as HTML. */
const POLICY = [
  `default-src 'none'`,
  `script-src '${SCRIPT_HASH}'`,
  `style-src '${STYLE_HASH}'`,
  `connect-src 'self'`,
  `img-src data:`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types 'none'`,
].join('; ')

const HEADERS: OutgoingHttpHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-length': Buffer.byteLength(HTML),
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer', // the page's address may have a token in it
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const SWAPPED =
  'sockroute: inspect.page is for a GET route: app.get(path, inspect.page); of app.ws(...) it is inspect.socket'

/** As far as Fastify's is another one than Node's. */
interface FastifyReply {
  readonly raw: ServerResponse
  headers(headers: OutgoingHttpHeaders): FastifyReply
  send(body: string): unknown
}

/** A route's handler, of whichever of the frameworks. An upgrade request is for the `.ws` of the same path. */
export function sendPage(request: object, response: object, next?: (error?: unknown) => void): void {
  if (isFastifyReply(response)) {
    response.headers(HEADERS).send(HTML)
    return
  }
  if (typeof (response as ServerResponse).writeHead !== 'function') throw new TypeError(SWAPPED)
  const isUpgrade = isWebSocketUpgrade(request as IncomingMessage) // Express's is Node's
  if (isUpgrade && next !== undefined) next()
  else (response as ServerResponse).writeHead(200, HEADERS).end(HTML) // as above; Node leaves the body out for HEAD
}

function isFastifyReply(response: object): response is FastifyReply {
  return 'raw' in response && 'headers' in response && 'send' in response
}
