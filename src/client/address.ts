import { isToken } from '../protocol/token-list.ts'

/** Where a client connects to. */
export interface Address {
  /** As it was understood: the scheme is ws, wss or ws+unix. */
  readonly href: string
  readonly isSecure: boolean
  /** `host:port`, without a port that is the scheme's own; '' for a Unix socket. */
  readonly host: string
  readonly hostname: string
  /** '' for the scheme's own. */
  readonly port: string
  /** With its query. */
  readonly path: string
  readonly socketPath: string | undefined
  /** `user:password`, decoded. */
  readonly auth: string | undefined
}

const SCHEMES: Record<string, string> = { 'http:': 'ws:', 'https:': 'wss:' }

/**
 * A URL by the rules of browsers, and `ws+unix:/run/app.sock:/path`, which is `ws`'s. @throws SyntaxError for anything else
 */
export function readAddress(text: string | URL, base?: string): Address {
  const url = parse(text, base)
  if (Object.hasOwn(SCHEMES, url.protocol)) url.protocol = SCHEMES[url.protocol]
  if (url.href.includes('#')) {
    throw new SyntaxError(`the URL of a WebSocket has no fragment; write ${url.href.slice(0, url.href.indexOf('#'))}`)
  }
  if (url.protocol === 'ws+unix:') return unixAddress(url)
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new SyntaxError(`a WebSocket's URL begins with ws:, wss:, http:, https: or ws+unix:; got ${url.protocol}`)
  }
  const { href, host, port, username, password } = url
  return {
    href,
    isSecure: url.protocol === 'wss:',
    host,
    hostname: url.hostname.replace(/^\[|\]$/g, ''), // of IPv6
    port,
    path: url.pathname + url.search,
    socketPath: undefined,
    auth: username === '' && password === '' ? undefined : `${decode(username)}:${decode(password)}`,
  }
}

/** Where a server may send a client that came to `from`. @throws Error for anywhere else */
export function readRedirect(location: string, from: Address): Address {
  const to = readAddress(location, from.href)
  if (to.socketPath !== undefined) throw new Error('it leads to a Unix socket')
  if (from.isSecure && !to.isSecure) throw new Error(`it leads from wss: to ${to.href}`)
  return to
}

/**
 * The subprotocols as a list. RFC 6455 §4.1 step 10
 * @throws SyntaxError for what is no token, or there twice; TypeError for what is neither a name nor a list
 */
export function readProtocols(protocols: unknown = []): readonly string[] {
  const list = (typeof protocols === 'string' ? [protocols] : protocols) as unknown[]
  if (!Array.isArray(list)) {
    throw new TypeError(`the subprotocols are a name, or a list such as ['chat.v2']; got ${String(protocols)}`)
  }
  for (const [at, protocol] of list.entries()) {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw new SyntaxError(
        `a subprotocol is a name without spaces or commas, such as 'chat.v2'; got ${String(protocol)}`,
      )
    }
    if (list.indexOf(protocol) < at) throw new SyntaxError(`the subprotocol ${protocol} is given twice; write it once`)
  }
  return list as string[] // as the loop has seen
}

function parse(text: string | URL, base: string | undefined): URL {
  try {
    return new URL(text, base)
  } catch {
    throw new SyntaxError(`${String(text)} is no URL of a WebSocket; write one such as 'wss://example.com/chat'`)
  }
}

function unixAddress(url: URL): Address {
  const [socketPath, pathname = '/'] = url.pathname.split(':')
  if (socketPath === '') throw new SyntaxError(`a path is missing; write 'ws+unix:/run/app.sock:/chat'`)
  const path = pathname + url.search
  return { href: url.href, isSecure: false, host: '', hostname: '', port: '', path, socketPath, auth: undefined }
}

/** What is no right escape is meant as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
