import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express'
import { attempt, upgradeOf } from '../src/adapter.ts'

/**
 * Middleware whose failures are seen: Express 4 leaves a rejection unhandled, where 5 takes it for an error. What fails
 * behind the 101 is the connection's affair.
 */
export function contained(middleware: RequestHandler | ErrorRequestHandler): unknown {
  const run = middleware as (...args: unknown[]) => unknown // of three or four arguments
  if (middleware.length === 4) {
    return (error: unknown, request: Request, response: Response, next: NextFunction): void =>
      contain(request, next, () => run(error, request, response, next))
  }
  return (request: Request, response: Response, next: NextFunction): void =>
    contain(request, next, () => run(request, response, next))
}

function contain(request: Request, next: NextFunction, task: () => unknown): void {
  const upgrade = upgradeOf(request)
  const failed = (error: unknown): void => {
    if (!upgrade?.fail(error)) next(error || new Error('middleware failed, and gave no reason')) // next() would go on
  }
  attempt(task, failed)
}
