/** Go's `coder/websocket`, as a program that sends back what it gets. */

import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import type { Echo } from '../hosts/echo-clients.ts'
import { ROOT } from '../support/root.ts'

/** Go's own installer puts it there, and leaves PATH to the user. */
const GO = ['go', '/usr/local/go/bin/go'].find((go) => spawnSync(go, ['version']).status === 0)

/** Why it cannot be had; false where it can. */
export const noGo: string | false = GO === undefined ? 'no go: apt-get install golang, or go.dev/dl' : false

/** Compiles it; it is there until the test ends. */
export async function buildGoClient(t: Test): Promise<Echo> {
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-go-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'client')
  const env = { ...process.env, CGO_ENABLED: '0' } // else it compiles some C as well
  await promisify(execFile)(String(GO), ['build', '-o', program, '.'], { cwd: `${ROOT}test/honest/go-client`, env })
  return (url) => once(spawn(program, [url], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')
}
