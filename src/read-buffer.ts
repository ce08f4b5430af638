import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { insidesOf, provedSymbols } from './read-buffer-proof.ts'

/** What one read can bring, as many as Node's own. */
const READ_BYTES = 65_536
/** Up to this many bytes are copied as they come: their messages are then views of one copy. */
const COPY_UP_TO = 8_192

let shared: Buffer | undefined

/**
 * From now on `transport` reads into one buffer that all connections share, where that is known to work: a fresh 64 KiB for
 * each read, and a stream around it, are most of what a short message costs. Bytes that were read already still come by
 * 'data'. What `receive` is given is lent until it returns, if `isLent`.
 *
 * Node has the same as an option of the sockets that one makes oneself (`onread`); an accepted one is switched over here.
 */
export function readIntoShared(transport: Duplex, receive: (chunk: Buffer, isLent: boolean) => void): void {
  const symbols = provedSymbols()
  if (symbols === undefined || !(transport instanceof Socket)) return
  const insides = insidesOf(transport, symbols)
  // Whoever else listens would hear nothing any more.
  if (insides === undefined || transport.listenerCount('data') > 1 || transport.readableEncoding !== null) return
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES)
  const buffer = shared
  insides.switchTo(buffer, (bytes) => {
    const chunk = buffer.subarray(0, bytes)
    if (bytes <= COPY_UP_TO) receive(Buffer.from(chunk), false)
    else receive(chunk, true)
  })
}
