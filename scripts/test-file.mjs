// One test file, in a process of its own, as it stands compiled in dist/. A process that compiled its sources by itself
// would need two seconds more, and there are as many processes as files.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { coverageOf } from './coverage.mjs'
import { node } from './node.mjs'
import { root } from './run.mjs'
import { failuresIn, failuresInShort, skipsIn, totalsOf } from './tap-output.mjs'

/**
 * For a file. At this time tap ends the test and tells what hangs; a process that cannot is killed soon after. Those with a browser or a
 * broker need a third of it where four other programs share their core, and most that is waited for in vain is given up after as long.
 */
const TIMEOUT_S = 180
const GRACE_S = 5

/** Of what a process has written beside its results: a browser has much to say, the last of it matters. */
const STDERR_LINES = 20
/** A line may be a dump of bytes. */
const LINE_CHARACTERS = 1_000

/**
 * Runs it, and prints a line, one for each test that was left out, and all that is told of what failed, as nobody knows whether there will
 * be an end. Returns how many assertions passed and failed, and in short what is wrong, if anything is.
 */
export async function testFile(file, flags = []) {
  const begin = Date.now()
  const {
    pass,
    fail,
    notes,
    skips,
    fault,
    told = [],
  } = file.startsWith('test/protocol/') ? await runCovered(file) : await runTap(file, flags)
  const seconds = ((Date.now() - begin) / 1000).toFixed(1)
  console.log(`${fault ? 'not ok' : 'ok'} - ${file}: ${[`${pass} passed`, ...notes].join(', ')} # ${seconds} s`)
  for (const line of [...skips, ...told]) console.log(`    ${line}`)
  return { pass, fail: fault ? Math.max(1, fail) : 0, fault: fault && `${file}: ${fault}` }
}

/** A test of src/protocol: it alone has to run each line and each branch of the file that it is named after. */
async function runCovered(test) {
  const subject = test.replace('test/', 'src/').replace('.test.ts', '.ts')
  if (!existsSync(root + subject)) return { pass: 0, fail: 1, notes: [], skips: [], fault: `there is no ${subject}` }
  const coverage = mkdtempSync(join(tmpdir(), 'sockroute-coverage-'))
  try {
    const result = await runTap(test, [], { NODE_V8_COVERAGE: coverage })
    if (result.fault) return result
    const { branches, lines } = await coverageOf(subject, coverage)
    const { NODE_V8_COVERAGE: all } = process.env
    if (all !== undefined) cpSync(coverage, all, { recursive: true }) // where all tests together are measured
    const notes = [`${branches} % of the branches`, `${lines} % of the lines`]
    const fault = branches === 100 && lines === 100 ? undefined : `does not cover ${subject}: ${notes.join(', ')}`
    return { ...result, notes, fault }
  } finally {
    rmSync(coverage, { recursive: true, force: true })
  }
}

async function runTap(file, flags = [], env = {}) {
  const compiled = `dist/${file.replace('.ts', '.js')}`
  const { fault, stdout, stderr } = await node([...flags, '--enable-source-maps', compiled], {
    env: { TAP_TIMEOUT: String(TIMEOUT_S), ...env },
    timeoutMs: (TIMEOUT_S + GRACE_S) * 1000,
  })
  const { total, pass, fail } = totalsOf(stdout)
  const result = { pass, fail, notes: [], skips: skipsIn(stdout) }
  const why = fault ?? (fail > 0 ? `${fail} assertions failed` : total === 0 ? 'no assertion was run' : undefined)
  if (why === undefined) return result
  const errors = last(stderr, STDERR_LINES)
  const short = failuresInShort(stdout)
  const told = [...(short.length > 0 ? failuresIn(stdout) : last(stdout, STDERR_LINES)), ...errors]
  return { ...result, told, fault: [why, ...(short.length > 0 ? short : errors)].join('\n') }
}

function last(output, count) {
  const lines = output.trimEnd().split('\n').slice(-count)
  return lines.map((line) => line.slice(0, LINE_CHARACTERS))
}
