import type { Meter, Observable, ObservableResult } from '@opentelemetry/api'
import type { AppVerbs, RouteMetrics } from '../src/adapter.ts'

type Point = readonly [value: number, attributes: Readonly<Record<string, string>>]

interface Instrument {
  readonly name: string
  readonly description: string
  readonly unit: string
  /** Goes up and down. */
  readonly isGauge?: boolean
  readonly points: (metrics: RouteMetrics) => readonly Point[]
}

const one = (value: number): Point[] => [[value, {}]]
const by = (attribute: string, tally: object): Point[] =>
  Object.entries(tally).map(([name, count]: [string, number]) => [count, { [attribute]: name }])

const DIRECTION = 'network.io.direction' // of the semantic conventions, with their values

const INSTRUMENTS: readonly Instrument[] = [
  {
    name: 'sockroute.connections',
    description: 'Open connections.',
    unit: '{connection}',
    isGauge: true,
    points: ({ open }) => one(open),
  },
  {
    name: 'sockroute.connections.opened',
    description: 'Handshakes that became a connection.',
    unit: '{connection}',
    points: ({ opened }) => one(opened),
  },
  {
    name: 'sockroute.handshakes.refused',
    description: 'Handshakes that became none.',
    unit: '{handshake}',
    points: ({ refused }) => by('error.type', refused),
  },
  {
    name: 'sockroute.connections.closed',
    description: 'Ended connections.',
    unit: '{connection}',
    points: ({ closed }) => by('sockroute.close.code', closed),
  },
  {
    name: 'sockroute.connections.ended',
    description: 'Ended connections, by who began the end.',
    unit: '{connection}',
    points: ({ closedBy }) => by('sockroute.closed_by', closedBy),
  },
  {
    name: 'sockroute.messages',
    description: 'Messages.',
    unit: '{message}',
    points: ({ messagesReceived, messagesSent }) =>
      by(DIRECTION, { receive: messagesReceived, transmit: messagesSent }),
  },
  {
    name: 'sockroute.io',
    description: 'Bytes of the transport behind the handshake.',
    unit: 'By',
    points: ({ bytesReceived, bytesSent }) => by(DIRECTION, { receive: bytesReceived, transmit: bytesSent }),
  },
  {
    name: 'sockroute.backlog',
    description: 'Bytes that were sent and are not written yet.',
    unit: 'By',
    isGauge: true,
    points: ({ backlogBytes }) => one(backlogBytes),
  },
  {
    name: 'sockroute.handler.errors',
    description: 'What handlers and listeners threw.',
    unit: '{error}',
    points: ({ handlerErrors }) => one(handlerErrors),
  },
  {
    name: 'sockroute.limits',
    description: 'How often connections reached each limit.',
    unit: '{hit}',
    points: ({ limitsHit }) => by('sockroute.limit', limitsHit),
  },
]

/** All are read at one moment, when they are collected. Returns what ends it. */
export function observeCounts(meter: Meter, ws: Pick<AppVerbs, 'metrics'>): () => void {
  const instruments = INSTRUMENTS.map(({ name, isGauge = false, points, ...options }) => ({
    points,
    observable: isGauge
      ? meter.createObservableUpDownCounter(name, options)
      : meter.createObservableCounter(name, options),
  }))
  const collect = (result: {
    observe: (metric: Observable, ...point: Parameters<ObservableResult['observe']>) => void
  }): void => {
    for (const [route, metrics] of Object.entries(ws.metrics().routes)) {
      for (const { observable, points } of instruments) {
        for (const [value, attributes] of points(metrics)) {
          result.observe(observable, value, { ...attributes, 'http.route': route })
        }
      }
    }
  }
  const observables = instruments.map(({ observable }) => observable)
  meter.addBatchObservableCallback(collect, observables)
  return () => meter.removeBatchObservableCallback(collect, observables)
}
