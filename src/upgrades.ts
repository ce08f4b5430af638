import type { IncomingMessage } from 'node:http'
import type { Upgrade } from './upgrade.ts'

/** The requests that are upgrades under way. */
export const upgrades = new WeakMap<IncomingMessage, Upgrade>()

/** The upgrade that a request is, while it is being routed; undefined for plain HTTP. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request)
}
