const REDACTED = '[redacted]'

/** A line of a log is no place for more, and each name of a query may grow by what stands for its value. */
const MOST_CHARACTERS = 2_048
/** Behind the first of them stands what may be secret: also where somebody has encoded it, and somebody else once more. */
const BETWEEN = /([&;?#]|%(?:25)*(?:26|3b|3f|23))/i
const EQUALS = /=|%(?:25)*3d/i
/** What ends a value in base64, and no name. */
const PADDING = /^=*$/
/** `user:password@`, of a URL that has a host. RFC 3986 §3.2.1 */
const USER = /^([a-z][a-z\d+.-]*:)?(\/\/)[^/?#]*@/i

/**
 * A URL, or its path and query, as it may stand in a log: every value of its query is `[redacted]`, and so is what has no name;
 * any of them may be a token. The path and the names stay as they are. What comes after 2,048 characters is left out. For lines that
 * are neither ours nor Fastify's about our routes, such as those of an access log:
 *
 *     pinoHttp({ serializers: { req: (request) => ({ method: request.method, url: redactedUrl(request.url) }) } })
 *
 * It never throws: `undefined` is ''.
 */
export function redactedUrl(url: string | URL | undefined): string {
  const whole = String(url ?? '').replace(USER, `$1$2${REDACTED}@`)
  const [path, ...query] = whole.slice(0, MOST_CHARACTERS).split(BETWEEN)
  const shown = path + query.map(redactedPart).join('')
  return whole.length > MOST_CHARACTERS ? `${shown}...` : shown
}

/** What is between, at even places, stays. */
function redactedPart(part: string, at: number): string {
  if (at % 2 === 0 || part === '') return part
  const end = part.search(EQUALS)
  return end < 0 || PADDING.test(part.slice(end)) ? REDACTED : `${part.slice(0, end)}=${REDACTED}`
}

/** Header fields by name: of a request, or of a response. */
export type HeaderFields = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Those whose names say that they hold a secret: `authorization`, `cookie`, `x-api-key`, `x-csrf-token`, ... */
const SECRET =
  /auth(?!ority)|cookie|token|ticket|bearer|secret|passw|pwd|session|jwt|signature|credential|assertion|[cx]srf|key\b|oidc/i
/** That means these as well, and they are no secrets. RFC 6455 §11.3.1 */
const PUBLIC = /^(sec-websocket-key|www-authenticate|proxy-authenticate)$/i
const URLS = /^(:path|referer|location|content-location|[\w-]*-(url|uri|path))$/i

/**
 * Header fields as they may stand in a log: what is secret by its name is `[redacted]`, what is a URL is as `redactedUrl` has it, and of
 * the subprotocols only those in `protocols` are shown, since browsers have no other place for a token. RFC 6455 §11.3.4
 */
export function redactedHeaders(fields: HeaderFields, protocols: readonly string[] = []): Record<string, string> {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(shown.map(([name, value]) => [name, redactedField(name, String(value), protocols)]))
}

function redactedField(name: string, value: string, protocols: readonly string[]): string {
  if (name.toLowerCase() === 'sec-websocket-protocol') return redactedProtocols(value, protocols)
  if (SECRET.test(name) && !PUBLIC.test(name)) return REDACTED
  return URLS.test(name) ? redactedUrl(value) : value
}

function redactedProtocols(value: string, protocols: readonly string[]): string {
  const names = value.split(',').map((name) => name.trim())
  return names.map((name) => (protocols.includes(name) ? name : REDACTED)).join(', ')
}
