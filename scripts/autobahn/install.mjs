// wstest for a Python 2.7: installed once into .autobahn/python, from pinned releases.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { start } from '../children.mjs'
import { CACHE } from './folders.mjs'

const HOME = `${CACHE}python`
const STAMP = `${HOME}/installed`
const LOG = `${CACHE}install.log`
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))
/** Compiled, so it needs a C compiler; without it masking is done in Python, and groups 9, 12 and 13 take far longer. */
const ACCELERATOR = 'wsaccel==0.6.2'
/** Python's own per-user folder instead of a virtual environment: needs no other tool, and 2.7 has no venv. */
const ENVIRONMENT = { ...process.env, PYTHONUSERBASE: HOME, PYTHONNOUSERSITE: '', PYTHONWARNINGS: 'ignore' }

/** How to start wstest with a Python 2.7 of this machine, or undefined if it has none. @throws Error if it cannot be installed */
export async function installWstest() {
  const python = findPython()
  if (python === undefined) return undefined
  const stamp = createHash('sha256').update(python).update(readFileSync(REQUIREMENTS)).update(ACCELERATOR).digest('hex')
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== stamp) {
    console.log(`installing wstest for ${python} into .autobahn/python`)
    await install(python)
    writeFileSync(STAMP, stamp)
  }
  return { what: python, command: python, args: [`${HOME}/bin/wstest`], env: ENVIRONMENT }
}

/** The first that really starts: a python2.7 in the PATH may be pyenv's stand-in for one that is not selected. */
function findPython() {
  const pyenv = `${process.env.PYENV_ROOT ?? `${homedir()}/.pyenv`}/versions`
  const versions = existsSync(pyenv) ? readdirSync(pyenv).filter((name) => name.startsWith('2.7')) : []
  const candidates = ['python2.7', 'python2', ...versions.map((name) => `${pyenv}/${name}/bin/python2.7`)]
  const check = 'import sys, ssl; assert sys.version_info[:2] == (2, 7); print(sys.executable)'
  for (const candidate of candidates) {
    const { status, stdout } = spawnSync(candidate, ['-c', check], { encoding: 'utf8' })
    if (status === 0) return stdout.trim()
  }
  return undefined
}

async function install(python) {
  rmSync(HOME, { recursive: true, force: true })
  mkdirSync(HOME, { recursive: true })
  writeFileSync(LOG, '')
  if (!(await log(python, ['-m', 'pip', '--version']))) await log(python, ['-m', 'ensurepip', '--user'])
  const pip = ['-m', 'pip', 'install', '--user', '--no-deps', '--ignore-installed', '--disable-pip-version-check']
  if (!(await log(python, [...pip, '--no-warn-script-location', '-r', REQUIREMENTS]))) {
    const lines = readFileSync(LOG, 'utf8').trim().split('\n')
    throw new Error(`pip could not install wstest; all is in .autobahn/install.log:\n${lines.slice(-8).join('\n')}`)
  }
  if (!(await log(python, [...pip, ACCELERATOR]))) {
    console.log('without wsaccel, which needs a C compiler and the headers of Python 2.7: this will be slow')
  }
}

/** Runs Python with its output in the log. Fulfils with whether it succeeded. */
async function log(python, args) {
  appendFileSync(LOG, `$ ${python} ${args.join(' ')}\n`)
  const child = start(python, args, { env: ENVIRONMENT })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(LOG, text))
  const [code] = await once(child, 'close')
  return code === 0
}
