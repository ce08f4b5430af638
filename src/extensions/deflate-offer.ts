import type { ExtensionOffer, ExtensionParam } from '../protocol/extension-header.ts'

/** What the two sides have agreed on, as one of them sees it. RFC 7692 §7.1 */
export interface DeflateAgreement {
  /** Our messages are compressed on their own, without what came before. */
  readonly ownNoContextTakeover: boolean
  /** So are the peer's. */
  readonly peerNoContextTakeover: boolean
  /** Our window is 2 to this power, in bytes. */
  readonly ownMaxWindowBits: number
  /** Of Sec-WebSocket-Extensions. */
  readonly response: ExtensionOffer
}

/** What we want, where the peer lets us. */
export interface DeflateWishes {
  readonly contextTakeover: boolean
  /** 9 to 15. */
  readonly windowBits: number
}

export const NAME = 'permessage-deflate'
export const MAX_BITS = 15
/** zlib has no raw deflate with a window of 256 bytes, so an offer that insists on one is declined. */
export const MIN_BITS = 9
/** Decimal, without a leading zero. RFC 7692 §7.1.2.1 */
export const WINDOW_BITS = /^([89]|1[0-5])$/

/** The parameters of one offer; undefined where the client did not name them. */
interface Offer {
  server_no_context_takeover?: true
  client_no_context_takeover?: true
  server_max_window_bits?: string
  /** `true` without a value: the client can limit itself, if it is told to. It may be told only if it has said so. */
  client_max_window_bits?: string | true
}

/**
 * The first offer of permessage-deflate that we can accept, and what we answer; undefined if there is none. An offer that is
 * wrong is declined, and the next one looked at: the handshake goes on either way. RFC 7692 §5, §7.1
 */
export function acceptDeflate(offers: readonly ExtensionOffer[], wishes: DeflateWishes): DeflateAgreement | undefined {
  for (const { name, params } of offers) {
    const offer = name === NAME ? readOffer(params) : undefined
    if (offer !== undefined) return agree(offer, wishes)
  }
  return undefined
}

/** Undefined for an offer that is to be declined. RFC 7692 §7.1 */
function readOffer(params: readonly ExtensionParam[]): Offer | undefined {
  const offer = new Map(params)
  if (offer.size < params.length) return undefined // a parameter twice
  for (const [name, value] of params) if (PARAMS.get(name)?.(value) !== true) return undefined
  return Object.fromEntries(offer) // names and values are those of PARAMS
}

const PARAMS = new Map<string, (value: string | true) => boolean>([
  ['server_no_context_takeover', (value) => value === true],
  ['client_no_context_takeover', (value) => value === true],
  ['server_max_window_bits', (value) => value !== true && WINDOW_BITS.test(value) && Number(value) >= MIN_BITS],
  ['client_max_window_bits', (value) => value === true || WINDOW_BITS.test(value)],
])

function agree(offer: Offer, { contextTakeover, windowBits }: DeflateWishes): DeflateAgreement {
  const ownNoContextTakeover = !contextTakeover || offer.server_no_context_takeover === true
  const peerNoContextTakeover = !contextTakeover || offer.client_no_context_takeover === true
  const ownMaxWindowBits = Math.min(windowBits, Number(offer.server_max_window_bits ?? MAX_BITS))
  const params: ExtensionParam[] = []
  if (ownNoContextTakeover) params.push(['server_no_context_takeover', true])
  if (peerNoContextTakeover) params.push(['client_no_context_takeover', true])
  if (ownMaxWindowBits < MAX_BITS || offer.server_max_window_bits !== undefined) {
    params.push(['server_max_window_bits', String(ownMaxWindowBits)])
  }
  const { client_max_window_bits: limit } = offer
  if (limit !== undefined && windowBits < MAX_BITS) {
    params.push(['client_max_window_bits', String(limit === true ? windowBits : Math.min(windowBits, Number(limit)))])
  }
  return {
    ownNoContextTakeover,
    peerNoContextTakeover,
    ownMaxWindowBits,
    response: { name: NAME, params },
  }
}
