import type { IncomingMessage } from 'node:http'

/** The URL as the client sent it: Express takes off of `url` what it has routed. */
export function requestedUrl(request: IncomingMessage): string | undefined {
  const { url, originalUrl = url } = request as IncomingMessage & { originalUrl?: string } // Express's
  return originalUrl
}
