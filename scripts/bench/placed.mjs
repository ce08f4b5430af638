// Where the contenders' packages are. Those that are no dependency of ours are installed apart, each by itself, so that one which
// cannot be installed is left out alone.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'

const CACHE = `${root}.bench/`
const NODE_20 = '20.20.2'
const UWS_ABIS = ['93', '108', '115'] // Node 16, 18, 20

/** Those that can be run, each with the folder its packages are in, their versions, and the program that runs its server. */
export function placed({ contenders, mayInstall, node, flags = [] }) {
  return contenders.flatMap((contender) => {
    try {
      const { folder, versions } = placeOf(contender, mayInstall)
      const runtime = runtimeOf(contender, folder, node)
      return {
        ...contender,
        folder,
        versions: [...versions, ...runtime.versions],
        command: [runtime.file, ...(contender.id === 'bun' ? [] : flags)],
      }
    } catch (error) {
      console.log(`${contender.id} is left out: ${error.message}`)
      return []
    }
  })
}

/** @throws Error if its packages cannot be installed */
function placeOf({ id, apart, packages }, mayInstall) {
  if (apart === undefined) return { folder: root, versions: versionsOf(root, packages) }
  const folder = mayInstall ? install(id, apart) : root
  const names = Object.keys(apart)
  if (!existsSync(`${folder}node_modules/${names[0]}`)) throw new Error('it is not installed')
  const versions = versionsOf(folder, names)
  return { folder, versions }
}

/** uWebSockets.js has binaries for some lines of Node only: beside others it runs in one of its own. */
function runtimeOf({ id }, folder, node) {
  if (id === 'bun') return { file: binOf(folder, 'bun'), versions: [] }
  if (id !== 'uws' || UWS_ABIS.includes(abiOf(node))) return { file: node, versions: [] }
  const ownNode = install('node-20', { node: NODE_20 })
  return { file: binOf(ownNode, 'node'), versions: [`in Node ${NODE_20}`] }
}

function abiOf(node) {
  return run(node, ['-p', 'process.versions.modules'], { capture: true }).trim()
}

/** The program itself, not a script that starts it. @throws Error if it does not run on this platform */
function binOf(folder, name) {
  const { bin } = JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, 'utf8'))
  const file = join(folder, 'node_modules', name, typeof bin === 'string' ? bin : bin[name])
  run(file, ['--version'], { capture: true })
  return file
}

function install(id, apart) {
  const folder = `${CACHE}${id}/`
  const stamp = `${folder}node_modules/.for.json`
  const wanted = JSON.stringify(apart)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}package.json`, '{ "name": "contender", "private": true }')
  console.log(`installing ${Object.keys(apart).join(' and ')}`)
  const packages = Object.entries(apart).map(([name, version]) => `${name}@${version}`)
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', '--save-exact']
  run('npm', ['install', ...flags, ...packages], { cwd: folder })
  writeFileSync(stamp, wanted)
  return folder
}

/** Of those packages that are there: without `mayInstall` some are not. */
function versionsOf(folder, packages) {
  return packages.flatMap((name) => {
    const file = name === 'sockroute' ? `${root}package.json` : `${folder}node_modules/${name}/package.json`
    return existsSync(file) ? [`${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`] : []
  })
}
