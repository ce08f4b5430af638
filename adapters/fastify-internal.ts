import type { FastifyInstance } from 'fastify'

/** What Fastify has on an app, or on one of its instances, under a symbol of this name: no method gives it. As in all of Fastify 5. */
export function internal<Value>(app: FastifyInstance, name: string): Value | undefined {
  for (let at: object | null = app; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const symbol = Object.getOwnPropertySymbols(at).find(({ description }) => description === name)
    if (symbol !== undefined) return Reflect.get(at, symbol) as Value
  }
  return undefined
}
