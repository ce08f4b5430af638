import type { Words } from './close-words.ts'
import type { RefusalReason } from './diagnostics-events.ts'

/** What is known of a handshake that became no connection; as `UpgradeRefusedEvent` has it. */
export interface RefusedHandshake {
  readonly reason: RefusalReason
  /** Undefined where nothing was answered. */
  readonly status: number | undefined
  readonly route: string
}

type KnownRefusal = Exclude<RefusalReason, 'app'> | `app ${'no route' | 'replied' | 'failed'}`

/** By the reason; what the app itself replied is of three kinds. */
export const REFUSAL_WORDS: Readonly<Record<KnownRefusal, Words>> = {
  handshake: [
    'it was no right WebSocket handshake',
    'A proxy that changes or leaves out headers, or something that is no WebSocket client.',
  ],
  origins: [
    'its origin is not allowed',
    'See the warning before: it names both values. A page of yours is named in `origins`.',
  ],
  maxHeaderFields: ['it had more header fields than maxHeaderFields', 'An attack, or a proxy that adds very many.'],
  maxConnections: [
    'there were maxConnections already',
    'More processes, or a higher `maxConnections` with memory to spare.',
  ],
  maxConnectionsPerAddress: [
    'its address had maxConnectionsPerAddress already',
    "One address for all? The framework has to trust its proxy, else every client has the proxy's.",
  ],
  maxConnectionsPerHttp2Session: [
    'its session of HTTP/2 had maxConnectionsPerHttp2Session already',
    'One page with so many WebSockets? Let it share one, or raise the limit.',
  ],
  maxPendingHandshakes: [
    'maxPendingHandshakes were being decided already',
    'All clients at once, as after a restart; or hooks that have become slow.',
  ],
  handshakeTimeoutMs: [
    'it was not decided within handshakeTimeoutMs',
    'See the warning before: a hook waits for something, or neither replies nor passes on.',
  ],
  shutdown: ['the app shuts down', 'Nothing to do: the load balancer should not have sent it here any more.'],
  left: ['the client left before it was answered', 'Nothing to do, if it is rare; else see how long hooks take.'],
  'app no route': ['no WebSocket route has this path', 'A wrong address in a client, or somebody who looks around.'],
  'app replied': ['the application refused it', 'See the status: 401 is somebody who is not logged in.'],
  'app failed': ['the application failed', 'See the error in the log at the same time.'],
}

/** The row of the table that is about this refusal. */
export function refusalWords({ reason, status = 0, route }: RefusedHandshake): Words {
  if (reason !== 'app') return REFUSAL_WORDS[reason]
  if (status >= 500) return REFUSAL_WORDS['app failed']
  return REFUSAL_WORDS[route === '' && status === 404 ? 'app no route' : 'app replied']
}
