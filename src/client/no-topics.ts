import type { WireHost } from '../wire-host.ts'

const refuse = (): never => {
  throw new TypeError(
    `subscribe, unsubscribe and publish are for a server's sockets: a client sends a message, and the server's handler calls them`,
  )
}

/** @throws TypeError always */
export function noServer(): never {
  throw new TypeError(
    `reauthenticate is for a server's sockets: a client that is to log in anew closes, and connects again`,
  )
}

/** Topics are the server's. */
export const NO_TOPICS: WireHost['topics'] = { subscribe: refuse, unsubscribe: refuse, publish: refuse, leave: refuse }
