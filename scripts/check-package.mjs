// Run by itself. The package as users get it: packed, installed into an empty project, imported and required.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, tool } from './run.mjs'

const ENTRY_POINTS = {
  sockroute: ['createWebSockets', 'prepare', 'Connection', 'handshakeSignal', 'observe', 'redactedUrl'],
  'sockroute/adapter': ['Hub', 'Dispatcher', 'upgradeOf'],
  'sockroute/express': ['websockets', 'attach'],
  'sockroute/fastify': ['default', 'wsPlugin'],
  'sockroute/compat/fastify-websocket': ['default', 'fastifyWebsocket'],
  'sockroute/client': ['WebSocket', 'connect', 'HandshakeError', 'reconnecting'],
  'sockroute/cluster': ['clusterBroker', 'clusterPrimary'],
  'sockroute/inspector': ['inspector'],
  'sockroute/nats': ['natsBroker'],
  'sockroute/opentelemetry': ['openTelemetry', 'openTelemetryMetrics'],
  'sockroute/prometheus': ['prometheus'],
  'sockroute/redis': ['redisBroker'],
  'sockroute/testing': ['inject', 'TestClock'],
  'sockroute/ws': ['WebSocket', 'WebSocketServer', 'Server', 'createWebSocketStream'],
}

/** Optional, all of them: an entry point needs its own. */
const PEERS = ['express', 'fastify', '@nats-io/transport-node', '@opentelemetry/api', 'prom-client', 'redis']

checkPackage()

function checkPackage() {
  tool('publint/src/cli.js', ['--strict'])
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-package-'))
  try {
    const [{ filename }] = JSON.parse(
      run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { capture: true }),
    )
    const tarball = join(folder, filename)
    tool('@arethetypeswrong/cli/dist/index.js', [
      tarball,
      '--profile',
      'node16',
      '--ignore-rules',
      'cjs-resolves-to-esm',
    ])
    install(folder, tarball)
    for (const [name, exports] of Object.entries(ENTRY_POINTS)) load(folder, name, exports)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function install(folder, tarball) {
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }')
  const packages = [tarball, ...PEERS.map((peer) => `${peer}@${version(peer)}`)]
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent', ...packages], { cwd: folder })
}

/** Not every package lets its package.json be imported. */
function version(name) {
  return JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version
}

/** By `import` and by `require`, without a warning. */
function load(folder, name, exports) {
  const check = `for (const one of ${JSON.stringify(exports)}) if (!(one in loaded)) throw new Error('${name} lacks ' + one)`
  const flags = ['--throw-deprecation', '--no-warnings=ExperimentalWarning']
  run(process.execPath, [...flags, '--input-type=module', '-e', `import * as loaded from '${name}'; ${check}`], {
    cwd: folder,
  })
  run(process.execPath, [...flags, '-e', `const loaded = require('${name}'); ${check}`], { cwd: folder })
  console.log(`${name}: import and require`)
}
