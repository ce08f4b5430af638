// Who takes part, at which versions. Those that are no dependency of ours are installed apart.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { root, run } from '../run.mjs'

const CACHE = `${root}.compare/`
const APART = {
  '@fastify/websocket': '11.3.7',
  'express-ws': '5.0.2',
  fastify: '5.12.8',
  express: '5.3.0',
  ws: '8.23.0',
}
const STAMP = `${CACHE}node_modules/.for.json`

/** Each has a server in `servers/`, and the packages whose versions tell what was measured. */
export function contenders() {
  install()
  return [
    contender('sockroute, node:http', 'sockroute-node', root, ['sockroute']),
    contender('sockroute, Express', 'sockroute-express', root, ['sockroute', 'express']),
    contender('sockroute, Fastify', 'sockroute-fastify', root, ['sockroute', 'fastify']),
    contender('ws', 'ws', root, ['ws']),
    contender('@fastify/websocket', 'fastify-websocket', CACHE, ['@fastify/websocket', 'fastify', 'ws']),
    contender('express-ws', 'express-ws', CACHE, ['express-ws', 'express', 'express-ws/node_modules/ws']),
  ]
}

function contender(name, file, folder, packages) {
  const versions = packages.map((one) => `${one.split('/node_modules/').at(-1)} ${versionOf(folder, one)}`)
  return { name, versions, args: [`scripts/compare/servers/${file}.mjs`, `${folder}package.json`] }
}

function versionOf(folder, name) {
  const file = name === 'sockroute' ? `${root}package.json` : `${folder}node_modules/${name}/package.json`
  return JSON.parse(readFileSync(file, 'utf8')).version
}

function install() {
  const wanted = JSON.stringify(APART)
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(`${CACHE}package.json`, '{ "name": "contenders", "private": true }')
  const packages = Object.entries(APART).map(([name, version]) => `${name}@${version}`)
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent', '--save-exact', ...packages], {
    cwd: CACHE,
  })
  writeFileSync(STAMP, wanted)
}
