import { TOKEN_CHARACTER } from './token-list.ts'

export { isToken } from './token-list.ts'

/** One element of Sec-WebSocket-Extensions. Parameters stay a list, so none can be hidden by another or by `__proto__`. */
export interface ExtensionOffer {
  readonly name: string
  readonly params: readonly ExtensionParam[]
}

/** `true` when there is no `=value`. */
export type ExtensionParam = readonly [name: string, value: string | true]

/** More offers, or more parameters in one of them, than any extension could mean. */
const MAX_OFFERS = 32
const MAX_PARAMS = 32

const NAME = new RegExp(`[ \\t]*(${TOKEN_CHARACTER}+)[ \\t]*`, 'y')
const VALUE = `(${TOKEN_CHARACTER}+)|"((?:\\\\?${TOKEN_CHARACTER})+)"` // unescaped, it must be a token
const PARAM = new RegExp(`;[ \\t]*(${TOKEN_CHARACTER}+)(?:=(?:${VALUE}))?[ \\t]*`, 'y')

/**
 * The offers of a Sec-WebSocket-Extensions header in their order, or undefined if it is malformed, for which the
 * handshake must fail; so are more than 32 offers or parameters. Linear: each expression is sticky, and begins where
 * the last one ended. RFC 6455 §9.1
 */
export function parseExtensions(header: string): ExtensionOffer[] | undefined {
  const offers: ExtensionOffer[] = []
  for (let at = 0; offers.length < MAX_OFFERS; at++) {
    NAME.lastIndex = at
    const name = NAME.exec(header)
    if (name === null) return undefined
    const params: ExtensionParam[] = []
    at = readParams(header, NAME.lastIndex, params)
    if (params.length > MAX_PARAMS) return undefined
    offers.push({ name: name[1], params })
    if (at === header.length) return offers
    if (header[at] !== ',') return undefined
  }
  return undefined
}

/** Fills `params` from `at` on, and returns where they end. */
function readParams(header: string, at: number, params: ExtensionParam[]): number {
  let end = at
  while (params.length <= MAX_PARAMS) {
    PARAM.lastIndex = end
    const match = PARAM.exec(header)
    if (match === null) return end
    end = PARAM.lastIndex
    const [, name, token, quoted] = match
    params.push([name, token ?? quoted?.replaceAll('\\', '') ?? true])
  }
  return end
}

/** The header that says `offers`. Names and values must be tokens, as they are when they come from `parseExtensions`. */
export function serializeExtensions(offers: readonly ExtensionOffer[]): string {
  return offers.map(({ name, params }) => [name, ...params.map(serializeParam)].join('; ')).join(', ')
}

function serializeParam([name, value]: ExtensionParam): string {
  return value === true ? name : `${name}=${value}`
}
