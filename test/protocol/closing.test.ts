import t from 'tap'
import { type ClosingEvent, type ClosingState, step } from '../../src/protocol/closing.ts'

type Row = [section: string, rule: string, ClosingState, ClosingEvent, expected: string]

const rows: Row[] = [
  [
    '7.1.2',
    'we ask, and the peer has time to answer',
    'open',
    'close-requested',
    'close-sent: send-close start-timeout',
  ],
  [
    '7.1.1',
    'the server answers and ends TCP first',
    'open',
    'close-received',
    'ending: echo-close end-transport start-timeout',
  ],
  [
    '7.1.7',
    'no answer is awaited from a peer that failed',
    'open',
    'peer-failed',
    'ending: send-close end-transport start-timeout',
  ],
  [
    '7.1.5',
    'a FIN without a close frame ends our side too',
    'open',
    'transport-ended',
    'ending: end-transport start-timeout',
  ],
  ['7.1.5', 'the transport was lost', 'open', 'transport-closed', 'closed:'],
  ['7.1.1', 'a timeout that is not ours', 'open', 'timed-out', 'open:'],
  ['7.2.2', 'terminated without a handshake', 'open', 'terminated', 'closed: destroy-transport'],

  ['5.5.1', 'only one close frame is sent', 'close-sent', 'close-requested', 'close-sent:'],
  [
    '7.1.1',
    'both have closed: the server ends TCP first',
    'close-sent',
    'close-received',
    'ending: end-transport start-timeout',
  ],
  [
    '5.5.1',
    'nothing is sent behind our close frame',
    'close-sent',
    'peer-failed',
    'ending: end-transport start-timeout',
  ],
  ['7.1.5', 'the peer ended instead of answering', 'close-sent', 'transport-ended', 'ending: end-transport'],
  ['7.1.5', 'the transport was lost', 'close-sent', 'transport-closed', 'closed:'],
  ['7.1.1', 'no answer in time', 'close-sent', 'timed-out', 'closed: destroy-transport'],
  ['7.2.2', 'terminated while waiting', 'close-sent', 'terminated', 'closed: destroy-transport'],

  ['5.5.1', 'no close frame behind the last one', 'ending', 'close-requested', 'ending:'],
  ['5.5.1', 'a second close frame of the peer', 'ending', 'close-received', 'ending:'],
  ['7.1.7', 'a failure behind the end', 'ending', 'peer-failed', 'ending:'],
  ['7.1.1', "the peer's FIN: what is queued still goes out", 'ending', 'transport-ended', 'ending:'],
  ['7.1.4', 'both have ended', 'ending', 'transport-closed', 'closed:'],
  ['7.1.1', 'the peer does not end in time', 'ending', 'timed-out', 'closed: destroy-transport'],
  ['7.2.2', 'terminated while ending', 'ending', 'terminated', 'closed: destroy-transport'],

  ['7.1.4', 'closed is closed', 'closed', 'close-requested', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'close-received', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'peer-failed', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'transport-ended', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'transport-closed', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'timed-out', 'closed:'],
  ['7.1.4', 'closed is closed', 'closed', 'terminated', 'closed:'],
]

for (const [section, rule, state, event, expected] of rows) {
  t.test(`§${section} ${state}, ${event}: ${rule}`, async (t) => {
    const next = step(state, event)
    t.equal([`${next.state}:`, ...next.actions].join(' '), expected)
    t.equal(step(state, event), next, 'a constant of the table')
  })
}

t.test('every state meets every event', async (t) => {
  t.equal(new Set(rows.map(([, , state, event]) => `${state} ${event}`)).size, 4 * 7)
})

t.test('§5.5.1 whatever happens, at most one close frame is sent, and nothing behind the FIN', async (t) => {
  const events = [...new Set(rows.map(([, , , event]) => event))]
  const walk = (state: ClosingState, closes: number, ends: number, depth: number): void => {
    if (depth === 0) return
    for (const event of events) {
      const { state: next, actions } = step(state, event)
      const sends = actions.filter((action) => action === 'send-close' || action === 'echo-close').length
      const fins = actions.filter((action) => action === 'end-transport').length
      if (closes + sends > 1 || ends + fins > 1 || (ends > 0 && sends > 0)) t.fail(`${state} ${event}`)
      walk(next, closes + sends, ends + fins, depth - 1)
    }
  }
  walk('open', 0, 0, 5)
})
