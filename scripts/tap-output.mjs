// What can be read from tap's output.

/** The assertions of a file: tap's last line but one is `# { total: 5, pass: 4, fail: 1 }`. */
export function totalsOf(output) {
  const totals = output.split('\n').findLast((line) => line.startsWith('# { total')) ?? ''
  const count = (name) => Number(totals.match(`${name}: (\\d+)`)?.[1] ?? 0)
  return { total: count('total'), pass: count('pass'), fail: count('fail') }
}

/** The tests that were left out, each with the reason. */
export function skipsIn(output) {
  return output.match(/^ *ok .* # SKIP.*$/gm)?.map((line) => line.trim()) ?? []
}

/** That a test is not done yet. In a name tap writes `\\#`. */
const TODO = ' # TODO'

/** The lines of every assertion that failed, with what tap says of it. */
export function failuresIn(output) {
  const failures = []
  let isFailure = false
  for (const line of output.split('\n')) {
    if (/^ *not ok /.test(line) && !line.includes(TODO)) isFailure = true
    else if (/^ *(ok \d|1\.\.|# )/.test(line)) isFailure = false
    if (isFailure) failures.push(line)
  }
  return failures
}

/** Of what tap says of a failure, so much is enough to know what it is. */
const MOST_LINES = 12
/** What does not tell that: the rest of it stands where the file has ended. */
const LEFT_OUT = /^(at|stack|source|generated|handles|requests|compare|tapCaught|jobId|signal|test|type|fn)$/

/** Each failure in a few lines: its tests, the outermost first, and the assertion; where it stands; and what was found. */
export function failuresInShort(output) {
  const failures = []
  const open = [] // tests that have not ended, each with how many had failed when it began
  let told // what tap says of the last result, while it says it
  let depth = 0
  for (const line of output.split('\n')) {
    const isMore = told !== undefined && line.startsWith(`${'    '.repeat(depth)}  `)
    if (isMore) {
      told.push(line.slice(4 * depth))
      continue
    }
    told = undefined
    const [, indent, begun, not, name] =
      /^( *)(?:# Subtest: (.*)|(not )?ok \d+ - (.*?)(?: # time=.*)?)$/.exec(line) ?? []
    if (indent === undefined) continue
    depth = indent.length / 4
    const isNews = open[depth] === undefined || open[depth].before === failures.length // a test fails with what is in it
    open.splice(depth)
    if (begun !== undefined) open[depth] = { name: begun, before: failures.length }
    else told = []
    if (not && isNews && !name.includes(TODO)) failures.push({ name: pathOf(open, name), told })
  }
  if (open.length > 0) failures.push({ name: pathOf(open, 'had not ended'), told: [] })
  return failures.flatMap(inShort)
}

function pathOf(open, name) {
  return [...open.map(({ name }) => name), name].join(' > ')
}

/** Its diagnostics are YAML; of each of its keys all lines, or none. */
function inShort({ name, told }) {
  const value = (key) => told.find((line) => line.startsWith(`    ${key}: `))?.split(': ')[1]
  const where = value('fileName') === undefined ? [] : [`    at ${value('fileName')}:${value('lineNumber')}`]
  let isShown = false
  const lines = told.filter((line) => {
    const [, key] = /^ {2}(\S+?):/.exec(line) ?? []
    if (key !== undefined) isShown = !LEFT_OUT.test(key)
    return isShown && !/^ {2}(---|\.\.\.)$/.test(line)
  })
  return [`  ${name}`, ...where, ...lines.slice(0, MOST_LINES).map((line) => `  ${line}`)]
}
