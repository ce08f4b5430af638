import { createRequire } from 'node:module'
import { closeEvent, event } from '../support/frames.ts'
import { ROOT } from '../support/root.ts'
import { MAX_FRAGMENTS, MAX_MESSAGE_BYTES, type Reading } from './reading.ts'

/** Of `ws`'s receiver, which its package does not export and its types do not name, what is used here. */
interface Receiver {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
  on(event: 'ping' | 'pong', listener: (payload: Buffer) => void): this
  on(event: 'conclude', listener: (code: number, reason: Buffer) => void): this
  /** As a stream calls it, without the turn that a stream would wait for. */
  _write(chunk: Buffer, encoding: string, done: (error?: ReceiverError) => void): void
}
interface ReceiverError extends Error {
  readonly [key: symbol]: number
}
type Options = Readonly<Record<string, number | boolean>>

const load = createRequire(import.meta.url)
const Receiver = load(`${ROOT}node_modules/ws/lib/receiver.js`) as new (options: Options) => Receiver
const { kStatusCode } = load(`${ROOT}node_modules/ws/lib/constants.js`) as { kStatusCode: symbol }
const OPTIONS = { isServer: true, maxPayload: MAX_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS }

export function readWs(chunks: readonly Buffer[]): Reading {
  const events: string[] = []
  let failure: ReceiverError | undefined
  let hasClosed = false
  const receiver = new Receiver(OPTIONS)
    .on('message', (data, isBinary) => void events.push(event(isBinary ? 'binary' : 'text', data)))
    .on('ping', (payload) => void events.push(event('ping', payload)))
    .on('pong', (payload) => void events.push(event('pong', payload)))
    .on('conclude', (code, reason) => {
      events.push(closeEvent(code, reason))
      hasClosed = true
    })
  for (const chunk of chunks) {
    if (failure !== undefined || hasClosed) break
    receiver._write(chunk, 'buffer', (error) => {
      failure = error
    })
  }
  return { events, closeCode: failure?.[kStatusCode] }
}
