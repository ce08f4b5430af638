/** What an honest client does: it says something, waits for the echo, and leaves as one should. */

import { once } from 'node:events'
import { type ClientOptions, type RawData, WebSocket } from 'ws'

const MESSAGES: readonly (string | Buffer)[] = ['hello', '€'.repeat(30_000), Buffer.alloc(1_048_576, 'sockroute')]

/** An open client. @throws Error if it is refused */
export async function dial(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const client = new WebSocket(url, { perMessageDeflate: false, ...options })
  await once(client, 'open')
  return client
}

/** The next message. @throws Error if the connection ends before it */
export function next(client: WebSocket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onMessage = (data: RawData): void => {
      client.off('close', onClose)
      resolve(data as Buffer) // as binaryType is 'nodebuffer'
    }
    const onClose = (code: number): void => reject(new Error(`closed with ${code} before the message came`))
    client.once('message', onMessage).once('close', onClose)
  })
}

/** Closes with 1000. @throws Error if the server does not answer with the same */
export async function leave(client: WebSocket): Promise<void> {
  const closed = once(client, 'close')
  client.close(1000)
  const [code] = (await closed) as [number]
  if (code !== 1000) throw new Error(`closed with ${code} in place of 1000`)
}

/** What is said is answered with `answer`. @throws Error if it is not */
export async function ask(client: WebSocket, message: string | Buffer, answer: string | Buffer): Promise<void> {
  const told = next(client)
  client.send(message)
  if (!(await told).equals(Buffer.from(answer)))
    throw new Error(`the answer to ${message.length} bytes is not the right one`)
}

/** Every message comes back as it was. */
export async function exchange(client: WebSocket): Promise<void> {
  for (const message of MESSAGES) await ask(client, message, message)
}

/** From the opening handshake to the closing one. */
export async function visit(url: string, options?: ClientOptions): Promise<void> {
  const client = await dial(url, options)
  await exchange(client)
  await leave(client)
}
