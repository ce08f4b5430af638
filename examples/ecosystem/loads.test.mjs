/** sockroute and each package that it is used with here, loaded by one program: by `import`, by `require`, and by both. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cwd = fileURLToPath(new URL('.', import.meta.url))

const TOGETHER = [
  ['sockroute/express', '@y/websocket-server/utils', 'express', 'yjs'],
  ['sockroute/fastify', '@fastify/http-proxy', '@fastify/websocket', 'fastify'],
  ['sockroute/ws', '@trpc/server/adapters/ws', 'graphql-ws/use/ws', 'socket.io', 'ws'],
  ['sockroute/client', '@trpc/client', 'graphql-ws', 'undici', 'y-websocket'],
  [
    'sockroute/compat/fastify-websocket',
    '@trpc/server/adapters/fastify',
    'graphql-ws/use/@fastify/websocket',
    'mercurius',
  ],
  ['sockroute', 'vite'],
]

for (const [ours, ...others] of TOGETHER) {
  test(`${ours} with ${others.join(', ')}`, async () => {
    const names = [ours, ...others]
    const imports = names.map((name, at) => `import * as m${at} from '${name}'`).join('\n')
    const requires = names.map((name, at) => `const m${at} = require('${name}')`).join('\n')
    const filled = names.map((_, at) => `if (Object.keys(m${at}).length === 0) throw new Error('nothing is exported')`)
    await load(['--input-type=module', '-e', `${imports}\n${filled.join('\n')}`])
    await load(['--input-type=commonjs', '-e', `${requires}\n${filled.join('\n')}`])
  })
}

test('what is imported and what is required is the same', async () => {
  for (const [ours] of TOGETHER) {
    const required = `(await import('node:module')).createRequire(process.cwd() + '/x.js')('${ours}')`
    const code = `
      const imported = await import('${ours}')
      const required = ${required}
      const [name] = Object.keys(imported).filter((key) => key !== 'default' && key !== 'module.exports')
      if (imported[name] !== required[name]) throw new Error(name + ' exists twice')`
    await load(['--input-type=module', '-e', code])
  }
})

async function load(args) {
  const { stderr } = await run(process.execPath, ['--no-warnings=ExperimentalWarning', ...args], { cwd })
  assert.equal(stderr, '')
}
