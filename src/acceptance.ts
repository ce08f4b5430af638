import type { Connection } from './connection.ts'
import type { RouteSettings } from './defaults.ts'
import { negotiate } from './extensions/negotiate.ts'
import { type Client, checkHandshake, type Stage } from './handshake-check.ts'
import type { Opening } from './hub.ts'
import {
  acceptHeaders,
  type HandshakeAnswer,
  type HandshakeHeaders,
  type HandshakeRefusal,
} from './protocol/handshake.ts'
import type { Place } from './quota.ts'
import { FAILED, TOO_MANY, UNAVAILABLE } from './refusal.ts'
import { pickProtocol } from './subprotocol.ts'

/** What the route makes of a handshake, from its check to the head that goes out. */
export class Acceptance {
  #settings: RouteSettings | undefined = undefined
  #answer: HandshakeAnswer | undefined = undefined
  #headers: HandshakeHeaders = []
  #opening: Opening | undefined = undefined
  #sentStatus = 0
  #place: Place | undefined = undefined

  /** Of the route that checked last. */
  get settings(): RouteSettings | undefined {
    return this.#settings
  }

  /** What opens, when its 101 has gone out. The status of the response may change afterwards. */
  get opening(): Opening | undefined {
    return this.#sentStatus === 101 ? this.#opening : undefined
  }

  /** The route that checked last counts: another may follow. */
  check(stage: Stage, settings: RouteSettings, client: Client): HandshakeRefusal | undefined {
    this.#settings = settings
    this.#answer = checkHandshake(stage, settings, client.host)
    return this.#answer.ok ? this.#takePlace(stage, client.addressOf) : this.#answer
  }

  /** It will not open here: its place is another's. */
  leave(): void {
    this.#place?.release()
    this.#place = undefined
  }

  accept(
    { hub, request, server, route }: Stage,
    handler: Opening['handler'],
    routed: unknown,
    connection?: Connection,
  ): HandshakeRefusal | undefined {
    if (this.#answer?.ok !== true || this.#settings === undefined) return FAILED
    if (hub.isClosing(server)) return UNAVAILABLE
    const settings = this.#settings
    const { key, protocols, extensions } = this.#answer
    const protocol = pickProtocol(protocols, settings, request)
    const extension = negotiate(extensions, settings.compression)
    this.#headers = acceptHeaders(key, protocol, extension?.header)
    const place = this.#place
    const agreement = { protocol: protocol ?? '', extension, connection, route }
    this.#opening = { settings, ...agreement, handler, request: routed, server, place }
    return undefined
  }

  /**
   * The head goes out. Returns what belongs to it: only a 101 carries the handshake's headers, for a hook may still fail
   * after `accept`, and then answers with something else.
   */
  onHead(status: number): HandshakeHeaders {
    this.#sentStatus = status
    return status === 101 ? this.#headers : []
  }

  #takePlace({ hub }: Stage, addressOf: Client['addressOf']): HandshakeRefusal | undefined {
    const place = this.#place ?? hub.quota.take(addressOf)
    if (typeof place === 'string') {
      hub.onLimit(place)
      return place === 'maxConnections' ? UNAVAILABLE : TOO_MANY
    }
    this.#place = place
    return undefined
  }
}
