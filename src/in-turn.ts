import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A socket that waits has no reader who would hear of its end; its 'close' tells everybody who needs to know. */
export const ignore = (): void => undefined

/**
 * Runs `task` when all requests that came before on the socket have their responses: Node hands an upgrade over as soon as
 * it is parsed, and an answer that overtakes is taken for another's. RFC 9112 §9.3.2
 * It runs in its caller's async context, and not in that of the request before: who that was from is nobody else's affair.
 */
export function inTurn(socket: Duplex, task: () => void): void {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
  const earlier = (socket as { _httpMessage?: ServerResponse | null })._httpMessage // known nowhere else
  if (!earlier) task()
  else
    earlier.once(
      'close',
      AsyncResource.bind(() => setImmediate(inTurn, socket, task)),
    )
}
