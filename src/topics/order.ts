import type { DataFields } from '../which.ts'

/** What one process tells all others to do with their sockets. */
export type Order =
  | { readonly do: 'close'; readonly which: DataFields; readonly code: number; readonly reason: string }
  | { readonly do: 'reauthenticate'; readonly which: DataFields }

/**
 * Where orders go. It may be the name of somebody's topic as well, since peers choose names: an order is known by its envelope, which no
 * published message has, and nobody who is subscribed gets it.
 */
export const ORDERS = 'sockroute.orders'

/** The fields of `which` as they are compared here: it may be an object that has a JSON of its own, with less in it. */
export function encodeOrder(order: Order): Buffer {
  return Buffer.from(JSON.stringify({ ...order, which: { ...order.which } }))
}

/** What stands in `which` is looked at where it is used. @throws Error for what is no order, or none that is known here */
export function decodeOrder(bytes: Buffer): Order {
  const order: unknown = JSON.parse(bytes.toString())
  if (typeof order !== 'object' || order === null) throw new TypeError('an order is an object')
  const { do: what, which, code, reason } = order as Readonly<Record<string, unknown>>
  if (what === 'reauthenticate') return { do: what, which: which as DataFields }
  if (what !== 'close') throw new TypeError(`an order that is not known here: ${String(what).slice(0, 80)}`)
  if (typeof code !== 'number' || typeof reason !== 'string')
    throw new TypeError('an order to close has a code and a reason')
  return { do: what, which: which as DataFields, code, reason }
}
