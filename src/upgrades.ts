import type { IncomingMessage } from 'node:http'
import { UPGRADES } from './process-wide.ts'
import type { Upgrade } from './upgrade.ts'

type Upgrades = WeakMap<IncomingMessage, Upgrade>
const shared = globalThis as { [UPGRADES]?: Upgrades }
shared[UPGRADES] ??= new WeakMap()

/** The requests that are upgrades under way. A server has one dispatcher, whichever copy of this package made it. */
export const upgrades: Upgrades = shared[UPGRADES]

/** The upgrade that a request is, while it is being routed; undefined for plain HTTP. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request)
}
