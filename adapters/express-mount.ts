import type { Request } from 'express'

/** Where routing stands: what routers are mounted on up to there, as the client has asked for it, and as it was written. */
export interface Mount {
  readonly baseUrl: string
  readonly name: string
}

export const ROOT: Mount = { baseUrl: '', name: '' }

/**
 * One router further: Express tells what the client has asked for, so the parameters of the router's path are put back where their values
 * stand. Else every client could give a route a name of its own.
 */
export function mountOf(outer: Mount, request: Partial<Pick<Request, 'baseUrl' | 'params'>>): Mount {
  const { baseUrl = '', params = {} } = request // an app is asked before there are any
  const names = new Map(Object.entries(params).map(([name, value]) => [String(value), `:${name}`]))
  const own = baseUrl.slice(outer.baseUrl.length).split('/')
  return { baseUrl, name: outer.name + own.map((segment) => names.get(decoded(segment)) ?? segment).join('/') }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
