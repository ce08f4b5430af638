import type { IncomingMessage } from 'node:http'

/** Enough for what a server says about a refusal; it may send gigabytes. */
const MOST_BYTES = 4_096

/** The start of an answer's body, as text; it is not read any further. */
export function startOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  return new Promise((resolve) => {
    const done = (): void => resolve(Buffer.concat(parts).subarray(0, MOST_BYTES).toString())
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
