// Runs a program, and ends with it when it fails.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Returns the standard output if `capture` is set; else it is shown. */
export function run(command, args, { cwd = root, capture = false, env = process.env } = {}) {
  const stdio = ['ignore', capture ? 'pipe' : 'inherit', 'inherit']
  const { status, stdout, error } = spawnSync(command, args, { cwd, env, stdio, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (error) throw error
  if (status !== 0) {
    if (capture) process.stdout.write(stdout)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
  }
  return stdout
}

/** A program from node_modules, by its file: two packages may bring programs of the same name. */
export function tool(file, args, options) {
  return run(process.execPath, [`${root}node_modules/${file}`, ...args], options)
}
