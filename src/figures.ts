import type { Clock } from './clock.ts'
import { type Connection, insideOf } from './connection.ts'
import type { RouteSettings } from './defaults.ts'
import { Wire } from './wire.ts'

/** What one connection has moved so far, in the words of `ConnectionClosedEvent`. */
export interface ConnectionFigures {
  readonly route: string
  /** The app's: `openedAt` is by it. */
  readonly clock: Clock
  readonly openedAt: number
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly highestBacklogBytes: number
  /** The subprotocols that the route speaks; none where a function picks one, since that may be a token. */
  readonly protocols: readonly string[]
  /** Pages of other sites may open it: its route has `origins: 'any'`. */
  readonly takesAnyOrigin: boolean
}

/** Looked up when somebody asks; undefined for a client's that was never open. */
export function figuresOf(connection: Connection<unknown>): ConnectionFigures | undefined {
  const wire = insideOf(connection)
  if (!(wire instanceof Wire)) return undefined
  const { route, clock, openedAt, intake, sender, outbox } = wire
  const { protocols, origins }: Partial<RouteSettings> = wire.settings
  return {
    route,
    clock,
    openedAt,
    messagesReceived: intake.messages,
    messagesSent: sender.messages,
    bytesReceived: wire.receivedBytes,
    bytesSent: outbox.writtenBytes,
    highestBacklogBytes: outbox.highestUnsentBytes,
    protocols: typeof protocols === 'object' ? protocols : [],
    takesAnyOrigin: origins === 'any',
  }
}
