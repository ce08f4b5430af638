import { inspect } from 'node:util'
import { type Connection, dataOf } from './connection.ts'
import { ignore } from './in-turn.ts'
import { isThenable } from './thenable.ts'

/** Fields of `socket.data`, and what they have to be: all of them. */
export type DataFields = Readonly<Record<string, string | number | boolean>>

/** Says of each open socket of this process whether it is meant. */
export type Predicate<Data = Record<string, unknown>> = (socket: Connection<Data>) => boolean

/**
 * Which sockets are meant. What one process can tell another is an object, such as `{ userId: 42 }`: those whose `data` has these
 * values.
 */
export type Which<Data = Record<string, unknown>> = Predicate<Data> | DataFields

/**
 * What means all sockets by mistake is no choice: nothing, an object without fields, or one with a value that is not there.
 * @throws TypeError for it
 */
export function checkWhich(which: unknown, method: string): asserts which is Which {
  if (typeof which === 'function') return
  const takes = `${method} takes a function (socket) => boolean, or fields of socket.data such as { userId: 42 }`
  if (typeof which !== 'object' || which === null || Array.isArray(which)) {
    throw new TypeError(`sockroute: ${takes}; got ${inspect(which, { depth: 0 })}`)
  }
  const fields = Object.entries(which)
  if (fields.length === 0) throw new TypeError(`sockroute: ${takes}; for all sockets write () => true`)
  for (const [name, value] of fields) {
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) continue
    throw new TypeError(
      `sockroute: ${method}: the field ${name} is to be a string, a number or a boolean; got ${inspect(value, { depth: 0 })}`,
    )
  }
}

/** Says of each socket whether it is meant. @throws what the predicate does; TypeError where that says neither yes nor no */
export function meaning(which: Which): (socket: Connection) => boolean {
  return typeof which === 'function' ? strict(which) : withFields(which)
}

/** A promise is true to `if`: an async function would mean all. */
function strict(predicate: Predicate): (socket: Connection) => boolean {
  return (socket) => {
    const isMeant: unknown = predicate(socket)
    if (typeof isMeant === 'boolean') return isMeant
    if (isThenable(isMeant)) isMeant.then(undefined, ignore) // what is wrong with it is said here
    const got = isThenable(isMeant) ? 'a promise: ask what it waits for before' : inspect(isMeant, { depth: 0 })
    throw new TypeError(`sockroute: the function that says which sockets are meant returns true or false; got ${got}`)
  }
}

function withFields(fields: DataFields): (socket: Connection) => boolean {
  const wanted = Object.entries(fields)
  return (socket) => {
    const data: unknown = dataOf(socket)
    if (typeof data !== 'object' || data === null) return false
    return wanted.every(([name, value]) => read(data as Record<string, unknown>, name) === value)
  }
}

/** A getter of one socket's data that throws must not keep all others from being closed. */
function read(data: Record<string, unknown>, name: string): unknown {
  try {
    return data[name]
  } catch {
    return undefined
  }
}
