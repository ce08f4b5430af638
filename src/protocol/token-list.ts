/** One character of a token, as the source of a regular expression. RFC 9110 §5.6.2 */
export const TOKEN_CHARACTER = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]"

const TOKEN = new RegExp(`^${TOKEN_CHARACTER}+$`)

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Sticky, and every part of it excludes the next, so a header is read once and in linear time. */
const ELEMENT = new RegExp(`[ \\t]*(${TOKEN_CHARACTER}+)[ \\t]*(,|$)`, 'y')

/**
 * A comma-separated list of tokens, or undefined for anything else: an empty list, an empty element, more than `max`.
 * RFC 9110 §5.6.1.1 is what a sender must keep to; no honest one sends empty elements.
 */
export function parseTokens(header: string, max: number): string[] | undefined {
  const tokens: string[] = []
  ELEMENT.lastIndex = 0
  while (tokens.length < max) {
    const match = ELEMENT.exec(header)
    if (match === null) return undefined
    tokens.push(match[1])
    if (match[2] === '') return tokens
  }
  return undefined
}

/** Whether a list names `token`, which is lower-case, in any case. Used where other elements are not ours to judge. */
export function includesToken(header: string, token: string): boolean {
  return header.split(',').some((element) => element.trim().toLowerCase() === token)
}
