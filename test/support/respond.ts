import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pair } from './pair.ts'

/** A response on a transport in memory, and what has arrived of it. */
export function respond(): { response: ServerResponse; received(): string } {
  const [near, far] = pair()
  const chunks: Buffer[] = []
  far.on('data', (chunk: Buffer) => chunks.push(chunk))
  const socket = near as unknown as Socket // of which a response only needs the writing side
  const response = new ServerResponse(new IncomingMessage(socket))
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  return { response, received: () => Buffer.concat(chunks).toString() }
}
