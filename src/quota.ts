import { addressKey } from './address.ts'

export interface QuotaLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** A connection's, or that of a handshake on its way. */
export class Place {
  readonly #quota: Quota
  readonly #key: string | undefined
  #isTaken = true

  constructor(quota: Quota, key: string | undefined) {
    this.#quota = quota
    this.#key = key
  }

  /** Once is enough, more do no harm. */
  release(): void {
    if (this.#isTaken) this.#quota.add(this.#key, -1)
    this.#isTaken = false
  }
}

/** How many connections an app has, in all and from each address. Exact: whoever took a place gives it back. */
export class Quota {
  readonly #limits: QuotaLimits
  readonly #byAddress = new Map<string, number>()
  #total = 0

  constructor(limits: QuotaLimits) {
    this.#limits = limits
  }

  /** Addresses that have connections. */
  get addresses(): number {
    return this.#byAddress.size
  }

  /**
   * Takes a place; undefined where nothing is limited; or returns the name of the limit that has none left. `addressOf` tells
   * the client's address, of which a Unix socket's has none: it counts in all alone.
   */
  take(addressOf: () => string | undefined): Place | keyof QuotaLimits | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    if (maxConnections === Infinity && maxConnectionsPerAddress === Infinity) return undefined
    if (this.#total >= maxConnections) return 'maxConnections'
    const address = maxConnectionsPerAddress === Infinity ? undefined : addressOf()
    const key = address === undefined ? undefined : addressKey(address)
    if (key !== undefined && this.#countOf(key) >= maxConnectionsPerAddress) return 'maxConnectionsPerAddress'
    this.add(key, 1)
    return new Place(this, key)
  }

  /** For places. */
  add(key: string | undefined, more: number): void {
    this.#total += more
    if (key === undefined) return
    const count = this.#countOf(key) + more
    if (count > 0) this.#byAddress.set(key, count)
    else this.#byAddress.delete(key)
  }

  #countOf(key: string): number {
    return this.#byAddress.get(key) ?? 0
  }
}
