import type { CompressionSettings } from '../defaults.ts'
import { serializeExtensions } from '../protocol/extension-header.ts'
import type { DeflateAgreement } from './deflate-offer.ts'
import { Deflater } from './deflater.ts'
import { Inflater } from './inflater.ts'

/** So many states wait for the next message; more are needed only while large ones are under way. */
const KEPT_STATES = 4

/** States for messages that stand on their own: all connections share them, and an idle connection has none. */
const freeInflaters: Inflater[] = []
/** By what `PermessageDeflate.key` names. */
const freeDeflaters = new Map<string, Deflater[]>()

/**
 * What a connection has agreed on with its peer, and the zlib states it needs for that: those of all, where messages stand
 * on their own; else its own ones, which remember what came before, and are made when they are first needed. RFC 7692 §7
 */
export class PermessageDeflate {
  /** As it stands in the answer. RFC 6455 §9.1 */
  readonly header: string
  /** Our messages may refer to those before them, so that none can be compressed for several connections at once. */
  readonly keepsContext: boolean
  /** Two connections with the same key compress a message to the same bytes, unless they keep their context. */
  readonly key: string
  /** Shorter messages are not worth it. */
  readonly thresholdBytes: number
  readonly #agreement: DeflateAgreement
  readonly #level: number
  #ownInflater: Inflater | undefined = undefined
  #ownDeflater: Deflater | undefined = undefined

  constructor(agreement: DeflateAgreement, { level, thresholdBytes }: CompressionSettings) {
    this.header = serializeExtensions([agreement.response])
    this.keepsContext = !agreement.ownNoContextTakeover
    this.key = `${agreement.ownMaxWindowBits}/${level}`
    this.thresholdBytes = thresholdBytes
    this.#agreement = agreement
    this.#level = level
  }

  /** To be given back when its message is done. */
  takeInflater(): Inflater {
    if (this.#agreement.peerNoContextTakeover) return freeInflaters.pop() ?? new Inflater(false)
    this.#ownInflater ??= new Inflater(true)
    return this.#ownInflater
  }

  giveInflater(inflater: Inflater): void {
    if (inflater === this.#ownInflater) return
    if (freeInflaters.length < KEPT_STATES) freeInflaters.push(inflater)
    else inflater.close()
  }

  /** To be given back when its message is done. */
  takeDeflater(): Deflater {
    if (!this.keepsContext) return freeDeflaters.get(this.key)?.pop() ?? this.#newDeflater()
    this.#ownDeflater ??= this.#newDeflater()
    return this.#ownDeflater
  }

  giveDeflater(deflater: Deflater): void {
    if (deflater === this.#ownDeflater) return
    const free = freeDeflaters.get(this.key) ?? []
    freeDeflaters.set(this.key, free)
    if (free.length < KEPT_STATES) free.push(deflater)
    else deflater.close()
  }

  /** The connection is gone: its own states are given back to the system. */
  close(): void {
    this.#ownInflater?.close()
    this.#ownDeflater?.close()
  }

  #newDeflater(): Deflater {
    const { ownMaxWindowBits: windowBits } = this.#agreement
    return new Deflater({ level: this.#level, windowBits, keepsContext: this.keepsContext })
  }
}
