import type { IncomingMessage } from 'node:http'
import type { Answer } from './handshake-error.ts'

/** Enough for what a server says about a refusal; it may send gigabytes. */
const MOST_BYTES = 4_096

/** An answer and the start of its body, which is not read any further. */
export function answerOf(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response
  const parts: Buffer[] = []
  let bytes = 0
  return new Promise((resolve) => {
    const done = (): void => {
      resolve({ status, headers, body: Buffer.concat(parts).subarray(0, MOST_BYTES).toString() })
    }
    response.on('data', (part: Buffer) => {
      parts.push(part)
      bytes += part.length
      if (bytes < MOST_BYTES) return
      response.pause()
      done()
    })
    response.on('end', done)
    response.on('error', done) // cut off
    response.on('close', done)
  })
}
