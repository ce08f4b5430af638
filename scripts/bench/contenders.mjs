// Who takes part, and from which packages. Those that are no dependency of ours are installed apart, each by itself.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'

const CACHE = `${root}.bench/`
const NODE_20 = '20.20.2'
const UWS_ABIS = ['93', '108', '115'] // Node 16, 18, 20
const BUFFERUTIL = { bufferutil: '4.1.0' } // ws uses it where it is

/**
 * `server` is a file of bench/servers, `settings` are for it, `apart` are its packages, and `lacks` is what it cannot
 * do: tasks, loads, 'compression', 'tls' or 'heartbeat'.
 */
export const CONTENDERS = [
  ours('sockroute', 'sockroute', { host: 'node' }),
  ours(
    'sockroute-own-reads',
    'sockroute, own reads',
    { host: 'node', sharedReadBuffer: false },
    [],
    ['tls', 'handshakes'],
  ),
  ours('sockroute-listener', "sockroute, 'message'", { host: 'node', task: 'echo' }, [], ['echo', 'fan-out']),
  ours('sockroute-express', 'sockroute, Express', { host: 'express5' }, ['express'], ['iterate']),
  ours('sockroute-fastify', 'sockroute, Fastify', { host: 'fastify' }, ['fastify'], ['iterate']),
  { ...peer('ws', 'ws', { ws: '8.23.0', ...BUFFERUTIL }, []), server: 'sockroute', settings: { host: 'ws' } },
  peer('express-ws', 'express-ws', { 'express-ws': '5.0.2', express: '5.3.0', ...BUFFERUTIL }),
  peer('fastify-websocket', '@fastify/websocket', {
    '@fastify/websocket': '11.3.7',
    fastify: '5.12.8',
    ...BUFFERUTIL,
  }),
  peer('crossws', 'crossws', { crossws: '0.4.17' }),
  peer('uws', 'uWebSockets.js', { '@trufflesuite/uws-js-unofficial': '20.30.0-unofficial.0' }),
  peer('bun', 'Bun', { bun: '1.4.5' }),
  {
    id: 'net',
    name: 'bare node:net',
    server: 'net',
    settings: {},
    packages: [],
    lacks: ['iterate', 'compression', 'tls', 'handshakes', 'flood', 'heartbeat'],
  },
]

function ours(id, name, settings, packages = [], lacks = []) {
  return { id, name, server: 'sockroute', settings, packages: ['sockroute', ...packages], lacks }
}

function peer(id, name, apart, lacks = ['iterate']) {
  return { id, name, server: id, settings: {}, apart, lacks }
}

/** Whether a contender can do a workload. */
export function canDo({ lacks }, { load, task, isCompressed, isTls }) {
  const needs = [load, task, ...(isCompressed ? ['compression'] : []), ...(isTls ? ['tls'] : [])]
  return !needs.some((need) => lacks.includes(need))
}

/** Those that can be run, each with the folder its packages are in, their versions, and the program that runs its server. */
export function contendersAt({ contenders, mayInstall, node }) {
  return contenders.flatMap((contender) => {
    try {
      const { folder, versions } = placeOf(contender, mayInstall)
      const runtime = runtimeOf(contender, folder, node)
      return { ...contender, folder, versions: [...versions, ...runtime.versions], command: [runtime.file] }
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
  const versions = versionsOf(folder, Object.keys(apart))
  if (versions.length === 0) throw new Error('it is not installed')
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
