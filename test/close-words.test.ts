/** What a person reads of an end: each end has its row, and each row says something. */

import t from 'tap'
import { CLOSE_WORDS, closeWords, type Ended } from '../src/close-words.ts'
import { REFUSAL_WORDS, type RefusedHandshake, refusalWords } from '../src/refusal-words.ts'

const ENDED: Ended = { closedBy: 'peer', cause: undefined, code: 1006, sentCode: undefined }

const ENDS: [ended: Partial<Ended>, row: string][] = [
  [{ code: 1000 }, 'peer 1000'],
  [{ code: 1005 }, 'peer none'],
  [{ code: 1012 }, 'peer other'],
  [{ code: 3004 }, 'peer 3xxx'],
  [{ code: 4999 }, 'peer 4xxx'],
  [{ cause: 'WS_UNMASKED', sentCode: 1002 }, 'peer WS_UNMASKED'],
  [{ closedBy: 'app' }, 'app none'],
  [{ closedBy: 'app', code: 1000, sentCode: 4001 }, 'app 4xxx'],
  [{ closedBy: 'app', code: 3000, sentCode: 3000 }, 'app 3000'],
  [{ closedBy: 'app', sentCode: 1003 }, 'app other'],
  [{ closedBy: 'app', sentCode: 3001 }, 'app 3xxx'],
  [{ closedBy: 'limit', cause: 'pongTimeoutMs' }, 'limit pongTimeoutMs'],
  [{ closedBy: 'limit', cause: 'maxLifetimeMs', code: 1001, sentCode: 1001 }, 'limit maxLifetimeMs'],
  [{ closedBy: 'shutdown', code: 1001, sentCode: 1001 }, 'shutdown 1001'],
  [{ closedBy: 'shutdown' }, 'shutdown none'],
  [{ closedBy: 'network' }, 'network'],
]

for (const [ended, row] of ENDS) {
  t.test(`${JSON.stringify(ended)} is in the row "${row}"`, async (t) => {
    t.type(CLOSE_WORDS[row], Array)
    t.equal(closeWords({ ...ENDED, ...ended }), CLOSE_WORDS[row])
  })
}

const REFUSALS: [refused: Partial<RefusedHandshake>, row: keyof typeof REFUSAL_WORDS][] = [
  [{ reason: 'left', status: undefined }, 'left'],
  [{ status: 401 }, 'app replied'],
  [{ status: 404 }, 'app replied'],
  [{ status: 404, route: '' }, 'app no route'],
  [{ status: 401, route: '' }, 'app replied'],
  [{ status: 500 }, 'app failed'],
]

for (const [refused, row] of REFUSALS) {
  t.test(`${JSON.stringify(refused)} is in the row "${row}"`, async (t) => {
    t.equal(refusalWords({ reason: 'app', status: 403, route: '/ws', ...refused }), REFUSAL_WORDS[row])
  })
}

t.test('a sentence goes into a line of the log, and advice into a cell of a table', async (t) => {
  for (const [row, [sentence, advice]] of [...Object.entries(CLOSE_WORDS), ...Object.entries(REFUSAL_WORDS)]) {
    t.match(sentence, /^[a-z][^|\n]*[^.]$/, row)
    t.match(advice, /^[A-Z`][^|\n]*\.$/, row)
  }
})
