import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Application } from 'express'
import type { AnyRouter } from './express-types.ts'

/**
 * Express's own reply where nothing matched, or all has failed: that of the same app with nothing else in it. Express 5
 * asks whether X-Powered-By is enabled; the request has been through that, and the header may have gone out since.
 */
export function finish(app: Application, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const router = { handle: (_request: unknown, _response: unknown, done: (error: unknown) => void) => done(error) }
  const own = { router: { value: router }, _router: { value: router }, enabled: { value: () => false } }
  const empty = Object.create(app, own) as AnyRouter
  empty.handle(request, response)
}
