import type { Duplex } from 'node:stream'
import { sharedReader } from './read-buffer.ts'

/** Who is told what a transport brings. Implemented by `Intake`. */
export interface TransportListener {
  /** What is lent is not there any more when this has returned. */
  receive(chunk: Buffer, isLent: boolean): void
  /** The peer has ended its side. */
  end(): void
  /** The transport has closed. */
  close(): void
}

const LISTENER = Symbol('sockroute.listener')
type Heard = Duplex & { [LISTENER]?: TransportListener }

/** From here on `listener` is told of the transport's end. */
export function watch(transport: Heard, listener: TransportListener): void {
  transport[LISTENER] = listener
  transport.on('error', ignore) // 'close' follows, and says all that users need
  transport.on('close', onClose)
}

/** From here on it is told of what comes. `isBufferShared` lets the transport read into the buffer of all, where it can. */
export function listen(transport: Heard, isBufferShared: boolean): void {
  transport.on('data', onData)
  if (isBufferShared) readIntoShared(transport)
  transport.on('end', onEnd)
}

// These are the same for all transports: closures for each would be 300 bytes of every idle connection.

const ignore = (): void => undefined

function onData(this: Heard, chunk: Buffer, isLent = false): void {
  this[LISTENER]?.receive(chunk, isLent)
}

function onEnd(this: Heard): void {
  this[LISTENER]?.end()
}

function onClose(this: Heard): void {
  this[LISTENER]?.close()
}

const readIntoShared = sharedReader(onData)
