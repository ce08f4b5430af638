import { type DeflateAgreement, type DeflateWishes, MAX_BITS, NAME, WINDOW_BITS } from '../extensions/deflate-offer.ts'
import type { ExtensionOffer, ExtensionParam } from '../protocol/extension-header.ts'

/** The offer of a client. That it can limit its own window is always said: a server may need it. RFC 7692 §7.1 */
export function offerDeflate({ contextTakeover, windowBits }: DeflateWishes): ExtensionOffer {
  const params: ExtensionParam[] = []
  if (!contextTakeover) params.push(['server_no_context_takeover', true], ['client_no_context_takeover', true])
  const isLimited = windowBits < MAX_BITS
  if (isLimited) params.push(['server_max_window_bits', String(windowBits)])
  params.push(['client_max_window_bits', isLimited ? String(windowBits) : true])
  return { name: NAME, params }
}

/**
 * What the server has agreed to, or a sentence that says why its answer is none to our offer, for which the connection must fail.
 * RFC 6455 §9.1, RFC 7692 §5.1, §7.1
 */
export function readDeflateAnswer(answer: ExtensionOffer, wishes: DeflateWishes): DeflateAgreement | string {
  const params = new Map(answer.params)
  if (params.size < answer.params.length) return `${NAME} has a parameter twice`
  for (const [name, value] of params) {
    const rule = PARAMS.get(name)
    const fault = rule === undefined ? 'unknown' : rule(value, wishes)
    if (fault !== undefined) return `the parameter ${value === true ? name : `${name}=${value}`} is ${fault}`
  }
  for (const [name, isDue] of DUE) {
    if (isDue(wishes) && !params.has(name)) return `${name} was asked for, and is not granted`
  }
  return {
    ownNoContextTakeover: !wishes.contextTakeover || params.has('client_no_context_takeover'),
    peerNoContextTakeover: params.has('server_no_context_takeover'),
    ownMaxWindowBits: Number(params.get('client_max_window_bits') ?? wishes.windowBits),
    response: answer,
  }
}

/** Says what is wrong with a value as the end of a sentence, or nothing. */
type ParamRule = (value: string | true, wishes: DeflateWishes) => string | undefined

const flag: ParamRule = (value) => (value === true ? undefined : 'not one that takes a value')

/** A server may limit its own window unasked, and ours because we always offer it; never to more than was offered. */
const bits: ParamRule = (value, { windowBits }) => {
  if (value === true || !WINDOW_BITS.test(value)) return 'no number from 8 to 15'
  return Number(value) <= windowBits ? undefined : `more than the ${windowBits} that were offered`
}

const PARAMS = new Map<string, ParamRule>([
  ['server_no_context_takeover', flag],
  ['client_no_context_takeover', flag],
  ['server_max_window_bits', bits],
  ['client_max_window_bits', bits],
])

/** What must be in the answer if it was in the offer. RFC 7692 §7.1.1.1, §7.1.2.1 */
const DUE: [name: string, isDue: (wishes: DeflateWishes) => boolean][] = [
  ['server_no_context_takeover', ({ contextTakeover }) => !contextTakeover],
  ['server_max_window_bits', ({ windowBits }) => windowBits < MAX_BITS],
]
