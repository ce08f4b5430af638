import type { IncomingMessage } from 'node:http'

/** What Node's own server does with a request whose client leaves before its response is complete. */
export function abort(request: IncomingMessage): void {
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
}
