// Runs Node, or another program, beside whatever else is running.
import { execFile } from 'node:child_process'
import { root } from './run.mjs'

/**
 * Fulfils with all that was written, and with `fault`: why it did not end well, or undefined. A process that leaves
 * another one behind with its output open has not ended, and is killed at the timeout.
 */
export function node(args, { env = {}, timeoutMs = 0, file = process.execPath, cwd = root } = {}) {
  const options = { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL' }
  return new Promise((resolve) => {
    execFile(file, args, { ...options, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ fault: faultOf(error, timeoutMs), stdout, stderr })
    })
  })
}

function faultOf(error, timeoutMs) {
  if (error === null) return undefined
  if (error.killed) return `it had not ended after ${timeoutMs / 1000} s`
  return typeof error.code === 'number' ? `exit code ${error.code}` : (error.signal ?? error.message)
}
