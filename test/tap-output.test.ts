/** What `npm test` tells at its end of what failed: the test, the place and what was found, and nothing else. */

import t from 'tap'
import { ROOT } from './support/root.ts'

/** Scripts are not compiled, and so have no types. */
const { failuresInShort } = await import(`${ROOT}scripts/tap-output.mjs`)

const DIAGNOSTICS = `
          ---
          diff: |
            --- expected
            +++ actual
            @@ -1,1 +1,1 @@
            -2
            +1
          at:
            fileName: test/x.test.ts
            lineNumber: 4
            columnNumber: 43
          stack: |
            Test.<anonymous> (test/x.test.ts:4:43)
          source: |
            t.equal(1, 2)
            ----^
          ...
`

const NESTED = `TAP version 14
# Subtest: outer
    ok 1 - fine
    # Subtest: inner
        not ok 1 - should be equal${DIAGNOSTICS}        1..1
    not ok 2 - inner # time=34.015ms
      ---
      at:
        fileName: test/x.test.ts
        lineNumber: 3
      ...
    # Subtest: in order
        ok 1 - should be equal
        1..1
    ok 3 - in order # time=1ms
    1..3
not ok 1 - outer # time=55.339ms
`

const HANGING = `TAP version 14
# Subtest: node:http: a client that is stopped
    not ok 1 - timeout!
      ---
      signal: null
      handles:
        - type: Socket
          events:
            - end
      expired: TAP
      ...
    1..1
not ok 1 - node:http: a client that is stopped # time=180000ms
`

const cases: [what: string, output: string, lines: string[]][] = [
  ['nothing', 'TAP version 14\nok 1 - fine\n1..1\n', []],
  [
    'an assertion, once, by its tests',
    NESTED,
    [
      '  outer > inner > should be equal',
      '    at test/x.test.ts:4',
      '    diff: |',
      '      --- expected',
      '      +++ actual',
      '      @@ -1,1 +1,1 @@',
      '      -2',
      '      +1',
    ],
  ],
  [
    'a test that hangs, without what it holds open',
    HANGING,
    ['  node:http: a client that is stopped > timeout!', '    expired: TAP'],
  ],
  ['a test that has failed by itself', '# Subtest: bare\n    1..0\nnot ok 1 - bare # time=1ms\n', ['  bare']],
  ['what is not done yet', 'not ok 1 - later # TODO\n', []],
  ['what only speaks of it', 'not ok 1 - fails at \\# TODO\n', ['  fails at \\# TODO']],
  [
    'the test in which the process ended',
    '# Subtest: outer\n    ok 1 - fine\n    # Subtest: inner\n        ok 1 - fine\n',
    ['  outer > inner > had not ended'],
  ],
]

for (const [what, output, lines] of cases) {
  t.test(what, async (t) => {
    t.same(failuresInShort(output), lines)
  })
}

t.test('of much the first lines', async (t) => {
  const diff = Array.from({ length: 200 }, (_, at) => `      +${at}`).join('\n')
  t.equal(failuresInShort(`not ok 1 - alike\n  ---\n  diff: |\n${diff}\n  ...\n`).length, 13)
})
