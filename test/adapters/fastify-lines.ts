/** Apps whose lines are kept, and who visits them. */

import fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import wsPlugin from '../../adapters/fastify.ts'
import { inject } from '../../adapters/testing.ts'

export type Line = Readonly<Record<string, unknown>>
export type Stream = { write(line: string): void }
type Serializer = (request: FastifyRequest) => unknown

export interface Logging {
  readonly app: FastifyInstance
  /** All but ours. */
  readonly lines: () => Line[]
}

export interface SetUp {
  readonly options?: (stream: Stream) => FastifyServerOptions
  /** Beside `/chat`, which says hello. */
  readonly change?: (app: FastifyInstance) => unknown
}

export const QUERY = '?token=s3cret&room=s3cret'
export const SHOWN = '?token=[redacted]&room=[redacted]'

export function logging(t: Test, options: SetUp['options'] = withReq()): Logging {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const app = fastify(options(stream)) as FastifyInstance
  t.teardown(() => app.close())
  return { app, lines: () => lines.filter(({ msg }) => !String(msg).startsWith('sockroute:')) }
}

export async function start(t: Test, { options, change }: SetUp): Promise<Logging> {
  const { app, lines } = logging(t, options)
  await app.register(wsPlugin)
  app.ws('/chat', greet)
  await change?.(app)
  await app.ready()
  return { app, lines }
}

/** What the handshake is answered with; the handler has run then. */
export async function visit(app: FastifyInstance, path: string): Promise<number> {
  try {
    const socket = await inject(app, path)
    await socket.next()
    socket.close()
    return 101
  } catch (error) {
    const { status } = error as { readonly status?: number }
    if (status === undefined) throw error
    return status
  }
}

export function greet(socket: { send(text: string): unknown }, { log }: FastifyRequest): void {
  log.info({ mark: 1, more: 1 })
  socket.send('hello')
}

/** An app whose own serializer is `req`; Fastify's where there is none. */
export function withReq(req?: unknown): (stream: Stream) => FastifyServerOptions {
  return (stream) => ({ logger: { stream, ...(req !== undefined && { serializers: named({ req }) }) } })
}

/** Serializers return what they like, and Fastify's types let them return strings. */
export function named(serializers: Readonly<Record<string, unknown>>): Record<string, () => string> {
  return serializers as Record<string, () => string>
}

export const own: Serializer = ({ method, url, id }) => ({ method, url, id, mine: true })
export const marked = (): string => 'marked'

/** What Fastify's serializer makes of a visit to `/chat`, and what `own` makes of it. */
export const DEFAULT = { req: { method: 'GET', url: `/chat${SHOWN}`, host: String, remoteAddress: '127.0.0.1' } }
export const MINE = { req: { method: 'GET', url: `/chat${SHOWN}`, id: 'req-1', mine: true } }
