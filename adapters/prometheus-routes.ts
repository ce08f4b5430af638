import type { RouteMetrics, TimesTaken } from '../src/adapter.ts'

type Labels = Readonly<Record<string, string>>
/** `part`: what stands behind the name, of a histogram's. */
export type Value = readonly [labels: Labels, value: number, part?: string]

/** A metric of each route. */
export interface RouteFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Of one route; the label `route` is added. */
  readonly values: (metrics: RouteMetrics) => readonly Value[]
}

const plain = (value: number): Value[] => [[{}, value]]
const by =
  (label: string) =>
  (tally: object): Value[] =>
    Object.entries(tally).map(([name, count]: [string, number]) => [{ [label]: name }, count])

export const ROUTE_FAMILIES: readonly RouteFamily[] = [
  { name: 'connections', help: 'Open connections.', type: 'gauge', values: ({ open }) => plain(open) },
  {
    name: 'connections_opened_total',
    help: 'Handshakes that became a connection.',
    type: 'counter',
    values: ({ opened }) => plain(opened),
  },
  {
    name: 'handshakes_refused_total',
    help: 'Handshakes that became none, by the reason.',
    type: 'counter',
    values: ({ refused }) => by('reason')(refused),
  },
  {
    name: 'connections_closed_total',
    help: 'Ended connections, by the close code that the peer sent; 1006 for none.',
    type: 'counter',
    values: ({ closed }) => by('code')(closed),
  },
  {
    name: 'connections_ended_total',
    help: 'The same, by who began the end.',
    type: 'counter',
    values: ({ closedBy }) => by('by')(closedBy),
  },
  {
    name: 'messages_total',
    help: 'Messages, by direction.',
    type: 'counter',
    values: ({ messagesReceived, messagesSent }) => by('direction')({ in: messagesReceived, out: messagesSent }),
  },
  {
    name: 'bytes_total',
    help: 'Bytes of the transport behind the handshake, by direction.',
    type: 'counter',
    values: ({ bytesReceived, bytesSent }) => by('direction')({ in: bytesReceived, out: bytesSent }),
  },
  {
    name: 'backlog_bytes',
    help: 'Bytes that were sent and are not written yet.',
    type: 'gauge',
    values: ({ backlogBytes }) => plain(backlogBytes),
  },
  {
    name: 'handler_errors_total',
    help: 'What handlers and listeners threw.',
    type: 'counter',
    values: ({ handlerErrors }) => plain(handlerErrors),
  },
  {
    name: 'limits_hit_total',
    help: 'How often connections reached each limit.',
    type: 'counter',
    values: ({ limitsHit }) => by('limit')(limitsHit),
  },
  {
    name: 'handshake_seconds',
    help: 'From the complete headers to the 101, hooks included.',
    type: 'histogram',
    values: ({ handshakeTimes }) => histogram(handshakeTimes),
  },
  {
    name: 'rtt_seconds',
    help: 'Round trips that the heartbeat has measured.',
    type: 'histogram',
    values: ({ roundTrips }) => histogram(roundTrips),
  },
]

function histogram({ boundsMs, counts, count, sumMs }: TimesTaken): Value[] {
  let upTo = 0
  const buckets = boundsMs.map((bound, at): Value => {
    upTo += counts[at]
    return [{ le: String(bound / 1_000) }, upTo, '_bucket']
  })
  return [...buckets, [{ le: '+Inf' }, count, '_bucket'], [{}, sumMs / 1_000, '_sum'], [{}, count, '_count']]
}
