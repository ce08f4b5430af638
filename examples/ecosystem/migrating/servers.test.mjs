import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import uWS from '@trufflesuite/uws-js-unofficial'
import { start } from '../support/program.mjs'
import { scenario } from './scenario.mjs'

/** What all of ours answer. */
const OURS = {
  'a message reaches its room': ['hello', 'hello', 'anybody here?'],
  'binary comes back as binary': '<01ff>',
  'a code to close with': 4000,
  'without a token': '401',
  'an unknown path': '404',
  'sent before the server has prepared itself': ['welcome to early', 'early', 'late'],
}

const lost = { 'sent before the server has prepared itself': ['welcome to early', 'late'] }

/** Those of which an import is all that has to change. */
const DROP_INS = { ws: 'sockroute/ws', 'fastify-websocket': 'sockroute/compat/fastify-websocket' }

/** In what they differ: docs/migrating.md says so. */
const DIFFERENCES = {
  ws: lost,
  'express-ws': { ...lost, 'without a token': '101, then 1005', 'an unknown path': '101, then 1005' },
  'fastify-websocket': lost,
  uws: { 'sent before the server has prepared itself': ['early', 'welcome to early', 'late'] },
}

/** Its native code is made for each Node. */
const skip = (name) => name === 'uws' && uWS._cfg === undefined && 'uWebSockets.js has no native code for this Node'

for (const [name, differences] of Object.entries(DIFFERENCES)) {
  test(`${name}, before`, { skip: skip(name) }, async (t) => {
    const { port } = await start(t, `migrating/${name}-before.mjs`)
    assert.deepEqual(await scenario(port), { ...OURS, ...differences })
  })

  test(`${name}, after`, async (t) => {
    const { port } = await start(t, `migrating/${name}-after.mjs`)
    assert.deepEqual(await scenario(port), OURS)
  })
}

for (const [name, ours] of Object.entries(DROP_INS)) {
  test(`${name}, with another import`, async (t) => {
    const before = readFileSync(new URL(`${name}-before.mjs`, import.meta.url), 'utf8')
    const file = new URL(`${name}-drop-in.mjs`, import.meta.url)
    writeFileSync(file, before.replace(/from '(ws|@fastify\/websocket)'/, `from '${ours}'`))
    t.after(() => rmSync(file))
    const { port } = await start(t, `migrating/${name}-drop-in.mjs`)
    assert.deepEqual(await scenario(port), OURS)
  })
}
