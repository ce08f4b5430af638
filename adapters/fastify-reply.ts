import type { FastifyReply, onErrorHookHandler } from 'fastify'
import { type Upgrade, upgradeOf } from '../src/adapter.ts'
import { requestLog } from './fastify-log.ts'

/** A reply that `onSend` hooks hold up is not on the response yet, and Fastify would go on to the handler meanwhile. */
export function notingSend(this: FastifyReply, payload?: unknown): FastifyReply {
  upgradeOf(this.request.raw)?.onReply(requestLog(this.request))
  return Reflect.apply(sendBehindNoting(this), this, [payload])
}

/** Fastify's own, or what another plugin has put in its place: wherever ours stands among the prototypes. */
function sendBehindNoting(reply: FastifyReply): FastifyReply['send'] {
  let at = reply
  while (at.send !== notingSend) at = Object.getPrototypeOf(at) as FastifyReply
  while (at.send === notingSend) at = Object.getPrototypeOf(at) as FastifyReply
  return at.send
}

/** From the 101 on the reply is the connection's, and when that has gone out it is over. */
export function sealWith(reply: FastifyReply, upgrade: Upgrade): void {
  Object.assign(reply, { [UPGRADE]: upgrade })
  reply.raw.prependOnceListener('finish', () => Object.assign(reply, SEALED))
}

const UPGRADE = Symbol('sockroute.upgrade')

/** Behind the 101 an error is the connection's affair, and no error handler is called that would reply. */
export const onError: onErrorHookHandler = (_request, reply: FastifyReply & { [UPGRADE]?: Upgrade }, error, done) => {
  if (reply[UPGRADE]?.fail(error) !== true) done()
}

const afterwards = (): never => {
  throw new Error('the request has become a WebSocket: write socket.send(...) in its handler; there is no reply now')
}

const SEALED = Object.fromEntries(
  ['send', 'code', 'status', 'header', 'headers', 'redirect', 'hijack'].map((method) => [method, afterwards]),
)
