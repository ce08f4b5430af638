/** A WebSocket over HTTP/2 is to apps what one over HTTP/1.1 is: files of the shared suite, on every host, over HTTP/2. */

import { spawnSync } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ROOT } from '../support/root.ts'

/** Scripts are not compiled, and so have no types. */
const { failuresInShort } = await import(`${ROOT}scripts/tap-output.mjs`)

/** Runs them through the bridge. What only HTTP/1.1 has, they leave out themselves. */
export function overHttp2(...suites: string[]): void {
  for (const suite of suites) {
    t.test(suite, { timeout: 170_000 }, async (t) => {
      const file = fileURLToPath(new URL(`../hosts/${suite}.test${extname(import.meta.url)}`, import.meta.url)) // .js where compiled
      const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, file], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, TAP_TIMEOUT: '160', SOCKROUTE_HTTP2: '1' },
        maxBuffer: 64 * 1_048_576,
      })
      const [, total] = /^# \{ total: (\d+), pass: \1 \}$/m.exec(stdout) ?? []
      t.ok(Number(total) > 0, `${total} assertions have passed`)
      t.same(failuresInShort(stdout), [])
      t.equal(status, 0)
    })
  }
}
