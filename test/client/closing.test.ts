import t from 'tap'
import { CLIENT } from '../../src/client/client-role.ts'
import type { ClosingEvent, ClosingState } from '../../src/protocol/closing.ts'
import { SERVER } from '../../src/role.ts'

const STATES: ClosingState[] = ['open', 'close-sent', 'ending-awaited', 'ending', 'closed']
const EVENTS: ClosingEvent[] = [
  'close-requested',
  'close-received',
  'peer-failed',
  'transport-ended',
  'transport-closed',
  'timed-out',
  'terminated',
]

/** Where a client does not do what a server does. RFC 6455 §7.1.1 */
const rows: [rule: string, ClosingState, ClosingEvent, expected: string][] = [
  ['the server closes', 'open', 'close-received', 'ending-awaited: echo-close await-end start-timeout'],
  ['the server answers', 'close-sent', 'close-received', 'ending-awaited: await-end start-timeout'],
  ['the server ends the transport, as it should', 'ending-awaited', 'transport-ended', 'ending: end-transport'],
  ['the transport is lost', 'ending-awaited', 'transport-closed', 'closed:'],
  ['the server does not end it in time', 'ending-awaited', 'timed-out', 'closed: destroy-transport'],
  ['we do not wait for that', 'ending-awaited', 'terminated', 'closed: destroy-transport'],
]

const write = ({ state, actions }: { state: string; actions: readonly string[] }): string =>
  [`${state}:`, ...actions].join(' ')

for (const [rule, state, event, expected] of rows) {
  t.test(`§7.1.1 ${state}, ${event}: ${rule}`, async (t) => {
    t.equal(write(CLIENT.step(state, event)), expected)
  })
}

t.test('everything else is as at a server', async (t) => {
  const others = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)).filter(
    ([state, event]) => !rows.some((row) => row[1] === state && row[2] === event),
  )
  t.equal(others.length, 5 * 7 - rows.length)
  for (const [state, event] of others) {
    t.equal(write(CLIENT.step(state, event)), write(SERVER.step(state, event)), `${state}, ${event}`)
  }
})

t.test('§5.5.1 whatever happens, at most one close frame is sent, and nothing behind the FIN', async (t) => {
  const walk = (state: ClosingState, closes: number, ends: number, depth: number): void => {
    if (depth === 0) return
    for (const event of EVENTS) {
      const { state: next, actions } = CLIENT.step(state, event)
      const sends = actions.filter((action) => action === 'send-close' || action === 'echo-close').length
      const fins = actions.filter((action) => action === 'end-transport').length
      if (closes + sends > 1 || ends + fins > 1 || (ends > 0 && sends > 0)) t.fail(`${state} ${event}`)
      walk(next, closes + sends, ends + fins, depth - 1)
    }
  }
  walk('open', 0, 0, 6)
})
