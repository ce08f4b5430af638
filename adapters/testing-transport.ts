import { isIPv6 } from 'node:net'
import { Duplex } from 'node:stream'
import { Lane } from './testing-lane.ts'

type Done = (error?: Error | null) => void

/** What middleware and frameworks read from a request's socket. */
export interface Addresses {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

/**
 * One end of a connection in memory, which takes and brings bytes as a socket does: as many as the system's buffers hold, each
 * read in a turn of its own, and nothing more while the other end does not read.
 */
export class MemorySocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily: 'IPv4' | 'IPv6'
  readonly localAddress: string
  readonly localPort: number
  bytesRead = 0
  bytesWritten = 0
  readonly #out: Lane
  readonly #in: Lane

  constructor(out: Lane, incoming: Lane, { remoteAddress, remotePort, localAddress, localPort }: Addresses) {
    super({ allowHalfOpen: true })
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.remoteFamily = isIPv6(remoteAddress) ? 'IPv6' : 'IPv4'
    this.localAddress = localAddress
    this.localPort = localPort
    this.#out = out
    this.#in = incoming
    incoming.leadTo({
      push: (bytes) => this.#receive(bytes),
      reset: () => this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
    })
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#send([chunk], done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    )
  }

  override _read(): void {
    this.#in.readOn()
  }

  override _final(done: Done): void {
    this.#out.end()
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#out.end()
    this.#in.shut()
    done(error)
  }

  /** With a RST. */
  resetAndDestroy(): this {
    this.#out.reset()
    return this.destroy()
  }

  #send(chunks: readonly Buffer[], done: Done): void {
    for (const { length } of chunks) this.bytesWritten += length
    this.#out.write(chunks, done)
  }

  #receive(bytes: Buffer | null): boolean {
    this.bytesRead += bytes?.length ?? 0
    return this.destroyed || this.push(bytes)
  }

  // What Node's HTTP server, and others, set on a socket: here nothing comes of it.

  setTimeout(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

export interface PairOptions {
  /** Where the client is, as the server sees it. */
  readonly remoteAddress: string
  /** The server's end is a TLS socket's, behind its decryption. */
  readonly encrypted: boolean
}

/** The two ends of a connection in memory, and the lanes between. */
export interface MemoryPair {
  readonly client: MemorySocket
  readonly server: MemorySocket
  /** From the client to the server. */
  readonly up: Lane
  readonly down: Lane
}

export function memoryPair({ remoteAddress, encrypted }: PairOptions): MemoryPair {
  const [up, down] = [new Lane(), new Lane()]
  const near = { address: remoteAddress, port: 49_152 }
  const far = { address: isIPv6(remoteAddress) ? '::1' : '127.0.0.1', port: encrypted ? 443 : 80 }
  const client = new MemorySocket(up, down, addresses(far, near))
  const server = new MemorySocket(down, up, addresses(near, far))
  // Frameworks ask for the property, and some whether there is one at all.
  if (encrypted) Object.assign(server, { encrypted: true, authorized: false })
  return { client, server, up, down }
}

interface Place {
  readonly address: string
  readonly port: number
}

function addresses(remote: Place, local: Place): Addresses {
  return {
    remoteAddress: remote.address,
    remotePort: remote.port,
    localAddress: local.address,
    localPort: local.port,
  }
}
