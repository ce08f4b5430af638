import { addressKey } from './address.ts'

export interface QuotaLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** A connection's, or that of a handshake on its way. */
export interface Place {
  /** Once is enough, more do no harm. */
  release(): void
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

  /** Takes a place, or returns the name of the limit that has none left. An unknown address (a Unix socket's) counts in all alone. */
  take(address: string | undefined): Place | keyof QuotaLimits {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    if (this.#total >= maxConnections) return 'maxConnections'
    const isCounted = address !== undefined && maxConnectionsPerAddress < Infinity
    const key = isCounted ? addressKey(address) : undefined
    if (key !== undefined && this.#countOf(key) >= maxConnectionsPerAddress) return 'maxConnectionsPerAddress'
    this.#add(key, 1)
    let isTaken = true
    return {
      release: () => {
        if (isTaken) this.#add(key, -1)
        isTaken = false
      },
    }
  }

  #countOf(key: string): number {
    return this.#byAddress.get(key) ?? 0
  }

  #add(key: string | undefined, more: number): void {
    this.#total += more
    if (key === undefined) return
    const count = this.#countOf(key) + more
    if (count > 0) this.#byAddress.set(key, count)
    else this.#byAddress.delete(key)
  }
}
