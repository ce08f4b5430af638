// wstest is a Python 2.7 program, so it may have to be got in one of three ways.
import { spawnSync } from 'node:child_process'
import { CACHE } from './folders.mjs'
import { installWstest } from './install.mjs'

const IMAGE = 'crossbario/autobahn-testsuite'

/** Returns what it is, and how to start it. @throws Error that says how to get one */
export async function findWstest() {
  const reasons = []
  for (const find of [onPath, installWstest, inDocker]) {
    try {
      const found = await find()
      if (found !== undefined) return found
    } catch (error) {
      reasons.push(error.message)
    }
  }
  throw new Error(
    [
      'there is no wstest, the Autobahn test suite. Any one of these will do:',
      '  - wstest in the PATH',
      '  - a Python 2.7 with ssl, as python2.7 in the PATH or from pyenv (pyenv install 2.7.18)',
      `  - a Docker engine that answers, for the image ${IMAGE}`,
      ...reasons,
    ].join('\n'),
  )
}

function onPath() {
  const { status } = spawnSync('wstest', ['-a'], { stdio: 'ignore' })
  return status === 0 ? { what: 'wstest from the PATH', command: 'wstest', args: [], env: process.env } : undefined
}

/** With the host's network, because our servers listen on the loopback interface only; the folders have the same names inside. */
function inDocker() {
  const { status } = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 20_000 })
  if (status !== 0) return undefined
  const user = [process.getuid?.() ?? 0, process.getgid?.() ?? 0].join(':')
  const options = [
    '--rm',
    '--init',
    '--network=host',
    '--env=PYTHONUNBUFFERED=1',
    `--user=${user}`,
    `--volume=${CACHE}:${CACHE}`,
    `--workdir=${CACHE}`,
  ]
  return { what: `${IMAGE} in Docker`, command: 'docker', args: ['run', ...options, IMAGE, 'wstest'], env: process.env }
}
