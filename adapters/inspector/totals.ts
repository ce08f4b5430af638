import type { Totals } from '../inspector-messages.ts'
import { Chart, SECONDS } from './chart.ts'
import { el, setText } from './dom.ts'
import { bytes, count, ms, rate } from './format.ts'

/** The app as a whole: three charts, and figures of this second. */
export class TotalsView {
  readonly #charts = [
    new Chart<Totals>('chart-messages', {
      series: [
        { name: 'in', kind: 'in', of: ({ receivedPerSecond }) => receivedPerSecond },
        { name: 'out', kind: 'out', of: ({ sentPerSecond }) => sentPerSecond },
      ],
      format: rate,
      least: 10,
    }),
    new Chart<Totals>('chart-connections', {
      series: [{ name: 'open', kind: 'open', of: ({ connections }) => connections }],
      format: count,
      least: 10,
    }),
    new Chart<Totals>('chart-rtt', {
      series: [
        { name: '95 %', kind: 'p95', of: ({ rttP95Ms }) => rttP95Ms },
        { name: 'median', kind: 'median', of: ({ rttMedianMs }) => rttMedianMs },
      ],
      format: ms,
      least: 1,
    }),
  ]
  #history: readonly Totals[] = []

  start(history: readonly Totals[]): void {
    this.#history = history.slice(-SECONDS)
  }

  show(totals: Totals): void {
    this.#history = [...this.#history.slice(1 - SECONDS), totals]
    for (const chart of this.#charts) chart.show(this.#history)
    const figures: Record<string, string> = {
      'bytes-in': `${bytes(totals.bytesReceivedPerSecond)}/s`,
      'bytes-out': `${bytes(totals.bytesSentPerSecond)}/s`,
      backlog: bytes(totals.backlogBytes),
      delay: ms(totals.loopDelayMs),
      memory: bytes(totals.rssBytes),
      topic: count(totals.topics),
      opened: count(totals.opened),
      closed: count(totals.closed),
      refused: count(totals.refused),
    }
    for (const [name, text] of Object.entries(figures)) setText(el(`figure-${name}`), text)
    setText(el('topic-state'), totals.topicState === 'local' ? '' : `broker ${totals.topicState}`)
  }
}
