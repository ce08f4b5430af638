import type { AppVerbs, Metrics } from '../src/adapter.ts'

/** What is known of an app as a whole, at one moment. */
export interface AppScrape {
  readonly metrics: Metrics
  readonly topics: AppVerbs['topics']
}

/** A metric of the app, and of none of its routes: with a label of its own, or none. */
export interface AppFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly values: (app: AppScrape) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
}

export const APP_FAMILIES: readonly AppFamily[] = [
  {
    name: 'handshakes',
    help: 'Handshakes that are being decided.',
    type: 'gauge',
    values: ({ metrics }) => [[{}, metrics.handshakes]],
  },
  {
    name: 'broker_up',
    help: 'Whether the broker carries messages between processes; nothing where there is none.',
    type: 'gauge',
    values: ({ topics: { state } }) => (state === 'local' ? [] : [[{}, state === 'up' ? 1 : 0]]),
  },
  {
    name: 'topic_messages_total',
    help: 'Published messages, by what became of them: published here, relayed or rejected by the broker, received from it, dropped for slow sockets.',
    type: 'counter',
    values: ({ topics }) => {
      const { published, relayed, rejected, received, dropped } = topics.counts
      return Object.entries({ published, relayed, rejected, received, dropped }).map(([outcome, count]) => [
        { outcome },
        count,
      ])
    },
  },
  {
    name: 'topic_gaps_total',
    help: 'How often messages of other processes were lost.',
    type: 'counter',
    values: ({ topics }) => [[{}, topics.counts.gaps]],
  },
]

/** What the metrics are read from. */
export type Measured = Pick<AppVerbs, 'metrics' | 'topics'>
