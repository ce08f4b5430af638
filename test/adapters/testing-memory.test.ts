/** A connection in memory is to servers what one over TCP is: the shared suite, over memory. */

import { spawnSync } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** But for what counts the system's connections. */
const SUITES = ['frames', 'handshake', 'hooks', 'refusal', 'pipelining', 'request-body', 'messages', 'compression']

for (const suite of SUITES) {
  t.test(suite, { timeout: 120_000 }, async (t) => {
    const file = fileURLToPath(new URL(`../hosts/${suite}.test${extname(import.meta.url)}`, import.meta.url)) // .js where compiled
    const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, file], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TAP_TIMEOUT: '100', SOCKROUTE_IN_MEMORY: '1' },
      maxBuffer: 64 * 1_048_576,
    })
    const [, total] = /^# \{ total: (\d+), pass: \1 \}$/m.exec(stdout) ?? []
    t.ok(Number(total) > 0, `${total} assertions have passed`)
    t.same(stdout.match(/^ *not ok.*$/gm), null)
    t.equal(status, 0)
  })
}
