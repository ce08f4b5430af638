/** Starts a built example as a child process. */

import { existsSync } from 'node:fs'
import type { Test } from 'tap'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/root.ts'

/** The example `name`, listening: `http` and `ws` are where, without a slash at the end. It ends with the test. */
export async function runExample(t: Test, name: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const file = `${ROOT}dist/examples/${name}.js`
  if (!existsSync(file)) throw new Error(`${file} is missing: build the package first (npm run build)`)
  const program = new Program([file], { PORT: '0', ...env })
  t.teardown(() => program.stop('SIGKILL'))
  const [, http] = await program.printed(/^listening on (https?:\/\/[\d.:]+)$/m)
  return { program, http, ws: http.replace('http', 'ws') }
}

export interface Running {
  readonly program: Program
  readonly http: string
  readonly ws: string
}
