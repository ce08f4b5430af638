import type { ConnectionSettings } from '../../src/defaults.ts'
import { closeEvent, event } from '../support/frames.ts'
import { open, settle } from '../support/open.ts'

/** All that a peer's bytes led to. */
export interface Session {
  readonly events: string[]
  /** 'close', as the application sees it. */
  readonly closes: string[]
  /** What came back, as bytes in hexadecimal and as one line a frame. */
  readonly bytesOut: string
  readonly framesOut: string[]
}

/** One connection from its beginning to its end: the chunks, then FIN. `turns` puts turns of the event loop between chunks. */
export async function session(
  chunks: readonly Buffer[],
  settings: Partial<ConnectionSettings>,
  turns = false,
): Promise<Session> {
  const opened = open({ settings })
  const { socket, peer, closes, errors } = opened
  const events: string[] = []
  const out: Buffer[] = []
  peer.end.on('data', (chunk: Buffer) => out.push(chunk))
  socket.on('message', (data, isBinary) => void events.push(event(isBinary ? 'binary' : 'text', data)))
  socket.on('ping', (payload) => void events.push(event('ping', payload)))
  socket.on('pong', (payload) => void events.push(event('pong', payload)))
  socket.on('close', (code, reason) => void events.push(closeEvent(code, reason)))
  for (const chunk of chunks) {
    peer.raw(chunk)
    if (turns) await settle(1)
  }
  await settle()
  peer.hangUp()
  for (let turn = 0; closes.length === 0 && turn < 10; turn++) await settle(2)
  if (errors.length > 0) throw new Error(`reported: ${errors.map(String).join()}`)
  if ([...opened.heartbeat.members].length > 0) throw new Error('still in the heartbeat')
  return { events, closes, bytesOut: Buffer.concat(out).toString('hex'), framesOut: peer.log }
}
