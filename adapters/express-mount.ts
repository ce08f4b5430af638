import type { Request } from 'express'

/** Where routing stands: what routers are mounted on up to there, as the client has asked for it, and as it was written. */
export interface Mount {
  readonly baseUrl: string
  readonly name: string
}

export const ROOT: Mount = { baseUrl: '', name: '' }

/** A segment of a path, or several that one parameter stands for. */
interface Segment {
  readonly text: string
  readonly isNamed: boolean
}

/**
 * One router further: Express tells what the client has asked for, so the parameters of the router's path are put back where their values
 * stand, and all else in lower case, as Express compares it. Else every client could give a route a name of its own.
 */
export function mountOf(outer: Mount, request: Partial<Pick<Request, 'baseUrl' | 'params'>>): Mount {
  const { baseUrl = '', params = {} } = request // an app is asked before there are any
  let own: readonly Segment[] = baseUrl
    .slice(outer.baseUrl.length)
    .split('/')
    .flatMap((segment) => decoded(segment).split('/')) // as in the values
    .map((text) => ({ text, isNamed: false }))
  for (const [name, value] of valuesOf(params)) own = withName(own, name, value)
  const written = own.map(({ text, isNamed }) => (isNamed ? text : text.toLowerCase()))
  return { baseUrl, name: outer.name + written.join('/') }
}

/** Of each parameter, as segments: a wildcard has several. The longest first, since one may lie in another. */
function valuesOf(params: object): [name: string, value: readonly string[]][] {
  return Object.entries(params)
    .map(([name, value]): [string, string] => [name, [value ?? ''].flat().join('/')])
    .filter(([, value]) => value !== '')
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([name, value]) => [name, value.split('/')])
}

function withName(own: readonly Segment[], name: string, value: readonly string[]): readonly Segment[] {
  const isValue = (at: number): boolean =>
    value.every((part, offset) => own[at + offset]?.isNamed === false && own[at + offset].text === part)
  const whole = own.findIndex((_, at) => isValue(at))
  if (whole >= 0) return own.toSpliced(whole, value.length, { text: `:${name}`, isNamed: true })
  const within = own.findIndex(({ text, isNamed }) => !isNamed && text.includes(value[0]))
  if (value.length > 1 || within < 0) return own
  const [before, ...after] = own[within].text.split(value[0])
  const text = `${before.toLowerCase()}:${name}${after.join(value[0]).toLowerCase()}`
  return own.with(within, { text, isNamed: true })
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
