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

/** The lines of every assertion that failed, with what tap says of it. */
export function failuresIn(output) {
  const failures = []
  let isFailure = false
  for (const line of output.split('\n')) {
    if (/^ *not ok /.test(line) && !line.includes('# TODO')) isFailure = true
    else if (/^ *(ok \d|1\.\.|# )/.test(line)) isFailure = false
    if (isFailure) failures.push(line)
  }
  return failures
}
