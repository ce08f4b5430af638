import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from './support/root.ts'

/** Scripts are not compiled, and so have no types. */
const script = (name: string) => import(`${ROOT}scripts/autobahn/${name}.mjs`)

const { groupOf, readCaseList, selection, split } = await script('cases')
const { differences, formatExpectations, updateExpectations } = await script('expectations')
const { readOptions } = await script('options')
const { table } = await script('summary')

type Results = Record<string, [behavior: string, behaviorClose: string]>

const IDS = ['1.1.1', '1.1.2', '1.2.1', '2.1', '2.10', '9.1.1', '9.3.1', '10.1.1', '12.1.1', '13.7.18']
const COMMITTED = `${ROOT}test/autobahn-expectations.json`
const OK: [string, string] = ['OK', 'OK']
const all = (): boolean => true

t.test('a selection', async (t) => {
  const cases: [text: string, selected: string[]][] = [
    ['1-2', ['1.1.1', '1.1.2', '1.2.1', '2.1', '2.10']],
    ['9-12', ['9.1.1', '9.3.1', '10.1.1', '12.1.1']],
    ['1', ['1.1.1', '1.1.2', '1.2.1']],
    ['1.*', ['1.1.1', '1.1.2', '1.2.1']],
    ['1.1', ['1.1.1', '1.1.2']],
    ['1.1.*, 9.3.*', ['1.1.1', '1.1.2', '9.3.1']],
    ['2.1', ['2.1']],
    ['13.7.18', ['13.7.18']],
    ['11', []],
  ]
  for (const [text, selected] of cases) t.same(IDS.filter(selection(text)), selected, text)
  for (const text of ['', 'x', '*', '1-', '1,,2', '1.*.2']) t.throws(() => selection(text), TypeError, `not '${text}'`)
})

t.test('the list of cases is read from what wstest prints', async (t) => {
  t.same(readCaseList("Ok, will run 2 test cases\nCases = ['1.1.1', '10.1.1']\nServers = ['ws://x']\n"), [
    '1.1.1',
    '10.1.1',
  ])
  t.same(readCaseList('Connection refused'), [])
  t.equal(groupOf('12.1.1'), 12)
})

t.test('a split', async (t) => {
  const parts: string[][] = split(IDS, 2)
  t.equal(parts.length, 2)
  t.same(parts.flat().sort(), [...IDS].sort(), 'each case once')
  t.not(
    parts.findIndex((part) => part.includes('12.1.1')),
    parts.findIndex((part) => part.includes('13.7.18')),
    'long ones apart',
  )
  t.same(split(['2.10', '2.9'], 1), [['2.9', '2.10']], 'in the order of the suite')
  t.same(split(['2.9'], 4), [['2.9']], 'no empty parts')
})

t.test('what differs from the expectation', async (t) => {
  const expected: Results = { '1.1': OK, '1.2': OK, '2.1': ['INFORMATIONAL', 'INFORMATIONAL'] }
  const cases: [what: string, results: Results, isSelected: (id: string) => boolean, ids: string[]][] = [
    ['nothing', { ...expected }, all, []],
    ['a worse verdict', { ...expected, '1.2': ['NON-STRICT', 'OK'] }, all, ['1.2']],
    ['a worse close', { ...expected, '1.2': ['OK', 'UNCLEAN'] }, all, ['1.2']],
    ['a better verdict', { ...expected, '2.1': OK }, all, ['2.1']],
    ['a missing case', { '1.1': OK, '1.2': OK }, all, ['2.1']],
    ['one that nobody expected', { ...expected, '3.1': OK }, all, ['3.1']],
    ['cases not selected', { '2.1': ['INFORMATIONAL', 'INFORMATIONAL'] }, selection('2'), []],
  ]
  for (const [what, results, isSelected, ids] of cases) {
    const found: { id: string }[] = differences(expected, results, isSelected)
    t.same(
      found.map(({ id }) => id),
      ids,
      what,
    )
  }
})

t.test('an update', async (t) => {
  const expected: Results = { '1.1': OK, '1.2': OK, '2.1': OK }
  const run = (results: Results, host = 'node') => ({ host, isSelected: selection('1'), results })
  t.same(updateExpectations(expected, [run({ '1.1': ['FAILED', 'OK'] })]), { '1.1': ['FAILED', 'OK'], '2.1': OK })
  t.same(expected, { '1.1': OK, '1.2': OK, '2.1': OK }, 'leaves the old ones alone')
  const others = [run({ '1.1': OK }), run({ '1.1': ['FAILED', 'OK'] }, 'fastify')]
  t.throws(() => updateExpectations(expected, others), {
    message: '1.1 is FAILED, OK on fastify, and OK, OK elsewhere',
  })
  t.equal(formatExpectations({ '2.10': OK, '2.9': OK }), '{\n  "2.9": ["OK", "OK"],\n  "2.10": ["OK", "OK"]\n}\n')
})

t.test('the committed expectations', async (t) => {
  const text = readFileSync(COMMITTED, 'utf8')
  const expectations: Results = JSON.parse(text)
  t.equal(text, formatExpectations(expectations), 'as the script writes them')
  const others = Object.keys(expectations).filter((id) => expectations[id].join() !== 'OK,OK')
  t.same(others, ['7.1.6', '7.13.1', '7.13.2'], 'all OK, but where the suite has no other verdict than INFORMATIONAL')
  for (const id of others) t.same(expectations[id], ['INFORMATIONAL', 'INFORMATIONAL'])
})

t.test('the table', async (t) => {
  const lines = table([{ host: 'node', results: { '10.1': OK, '2.1': OK, '2.2': ['UNCLEAN', 'OK'] } }]).split('\n')
  const cells = lines.map((line: string) => line.split(/ {2,}/))
  t.same(cells[0], ['host', 'group', 'OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED', 'other'])
  t.same(cells.slice(1), [
    ['node', '2', '1', '-', '-', '-', '-', '1'],
    ['node', '10', '1', '-', '-', '-', '-', '-'],
    ['node', 'all', '2', '-', '-', '-', '-', '1'],
  ])
})

t.test('options', async (t) => {
  const runs = (...argv: string[]): { host: string; label: string; cases: string; flags: string[] }[] =>
    readOptions(argv).runs
  t.same(runs('--server', 'node', '--cases', '9'), [{ host: 'node', cases: '9', label: 'node', flags: [] }])
  t.same(
    runs('--cases', '1').map(({ host }) => host),
    ['node', 'express4', 'express5', 'fastify', 'node-http2', 'client'],
  )
  t.same(runs('--server', 'fastify', '--cases', '12', '--compression', '--context-takeover')[0], {
    host: 'fastify',
    cases: '12',
    label: 'fastify',
    flags: ['--compression', '--context-takeover'],
  })
  t.same(
    runs('--all', '--server', 'fastify').map(({ label, cases, flags }) => [label, cases, flags.join()]),
    [
      ['fastify', '1-13', '--compression'],
      ['node-takeover', '12-13', '--context-takeover'],
      ['client-takeover', '12-13', '--context-takeover'],
    ],
  )
  t.same(
    runs().map(({ label }) => label),
    ['node', 'express4', 'express5', 'fastify', 'node-http2', 'client'].concat(
      ['node', 'node-http2', 'client'].map((host) => `${host}-compression`),
    ),
  )
  for (const argv of [['--server', 'koa'], ['--jobs', '0'], ['--unknown']]) t.throws(() => readOptions(argv), TypeError)
  const { CI } = process.env
  process.env.CI = 'true'
  t.equal(readOptions(['--skip-without-wstest']).maySkip, false, 'CI may not skip')
  delete process.env.CI
  t.equal(readOptions(['--skip-without-wstest']).maySkip, true)
  if (CI !== undefined) process.env.CI = CI
})

t.test('without a wstest it says how to get one, and fails', async (t) => {
  const env = { PATH: '/nowhere', HOME: '/nowhere', PYENV_ROOT: '/nowhere' }
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, ['scripts/autobahn.mjs', ...argv], { env, encoding: 'utf8' })
  const failed = run()
  t.equal(failed.status, 1)
  t.match(failed.stderr, /there is no wstest.*\n.*wstest in the PATH\n.*Python 2\.7.*\n.*Docker/)
  t.equal(run('--skip-without-wstest').status, 0)
})
