// Who takes part, and from which packages. Those that are no dependency of ours are installed apart, each by itself.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { root, run } from '../run.mjs'

const CACHE = `${root}.bench/`

/** `server` is a file of bench/servers; `settings` are for it, `apart` its packages at their versions. */
export const CONTENDERS = [
  ours('sockroute', 'sockroute', { host: 'node' }, []),
  ours('sockroute-own-reads', 'sockroute, own reads', { host: 'node', sharedReadBuffer: false }, []),
  ours('sockroute-express', 'sockroute, Express', { host: 'express5' }, ['express']),
  ours('sockroute-fastify', 'sockroute, Fastify', { host: 'fastify' }, ['fastify']),
  { id: 'ws', name: 'ws', server: 'sockroute', settings: { host: 'ws' }, apart: { ws: '8.23.0', bufferutil: '4.1.0' } },
  peer('uws', 'uWebSockets.js', { '@trufflesuite/uws-js-unofficial': '20.30.0-unofficial.0' }),
]

function ours(id, name, settings, packages) {
  return { id, name, server: 'sockroute', settings, packages: ['sockroute', ...packages] }
}

function peer(id, name, apart) {
  return { id, name, server: id, settings: {}, apart }
}

/** Those that can be run, each with the folder its packages are in, and their versions. */
export function contendersAt({ contenders, mayInstall }) {
  return contenders.flatMap((contender) => {
    try {
      return { ...contender, ...installed(contender, mayInstall) }
    } catch (error) {
      console.log(`${contender.id} is left out: ${error.message}`)
      return []
    }
  })
}

/** @throws Error if its packages cannot be installed */
function installed({ id, apart, packages }, mayInstall) {
  if (apart === undefined) return { folder: root, versions: versionsOf(root, packages) }
  const folder = mayInstall ? install(id, apart) : root
  const versions = versionsOf(folder, Object.keys(apart))
  if (versions.length === 0) throw new Error('it is not installed')
  return { folder, versions }
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
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--silent', '--save-exact']
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
