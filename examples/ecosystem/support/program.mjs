/** The programs of this folder, each as the process that a user would start. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))

/** Starts one, on a free port unless `PORT` is given, and fulfils when it listens. It ends with the test. */
export async function start(t, file, env = {}) {
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'close')
  let output = ''
  const port = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk
      const [, found] = /^listening on (\d+)$/m.exec(output) ?? []
      if (found !== undefined) resolve(Number(found))
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exit.then(() => reject(new Error(`${file} has ended before it listened:\n${output}`)))
  })
  const stop = async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exit
  }
  t.after(() => stop('SIGKILL'))
  return {
    port: await port,
    get output() {
      return output
    },
    stop,
  }
}
