import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { provedSymbols, switchTo } from './read-buffer-proof.ts'

/** Is called on the transport with what was read; what is lent is not there any more when it has returned. */
type Receive = (this: Socket, chunk: Buffer, isLent: boolean) => void

/** What one read can bring, as many as Node's own. */
const READ_BYTES = 65_536
/** Up to this many bytes are copied as they come: their messages are then views of one copy. */
const COPY_UP_TO = 8_192

let shared: Buffer | undefined

/**
 * Returns what lets a transport read into one buffer that all connections share, where that is known to work: it spares
 * each read a fresh 64 KiB, and the stream around it. Bytes that were read already still come by 'data'.
 *
 * Node has the same as an option of the sockets that one makes oneself (`onread`); an accepted one is switched over here.
 */
export function sharedReader(receive: Receive): (transport: Duplex) => void {
  function onRead(this: Socket, bytes: number, buffer: Buffer): boolean {
    const chunk = buffer.subarray(0, bytes)
    if (bytes <= COPY_UP_TO) receive.call(this, Buffer.from(chunk), false)
    else receive.call(this, chunk, true)
    return true
  }
  return (transport) => {
    const symbols = provedSymbols()
    if (symbols === undefined || !(transport instanceof Socket)) return
    // Whoever else listens would hear nothing any more.
    if (transport.listenerCount('data') > 1 || transport.readableEncoding !== null) return
    shared ??= Buffer.allocUnsafeSlow(READ_BYTES)
    switchTo(transport, symbols, shared, onRead)
  }
}
