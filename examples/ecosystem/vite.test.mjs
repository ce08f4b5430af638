import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'undici'
import { start } from './support/program.mjs'
import { talk } from './support/talk.mjs'

test(`vite.mjs: a change of a file reaches the page over Vite's socket, beside a route of ours`, async (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sockroute-vite-')))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  writeFileSync(join(root, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>')
  writeFileSync(join(root, 'main.js'), 'import.meta.hot.accept()')

  const { port } = await start(t, 'vite.mjs', { ROOT: root })
  const origin = `http://127.0.0.1:${port}`
  const client = await (await fetch(`${origin}/@vite/client`)).text()
  const [, token] = /wsToken = "([^"]+)"/.exec(client)
  assert.match(await (await fetch(`${origin}/main.js`)).text(), /import\.meta\.hot/)

  const hot = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}`, { protocols: ['vite-hmr'], headers: { origin } })
  t.after(() => hot.close())
  assert.deepEqual(await told(hot), { type: 'connected' })
  assert.equal(await talk(`ws://127.0.0.1:${port}/chat`, 'hello'), 'here: hello')
  const update = told(hot)
  const isSeen = update.then(() => true)
  // Who watches a file may begin too late: it is changed until that is seen.
  for (let change = 1; !(await Promise.race([isSeen, delay(200, false)])); change++) {
    writeFileSync(join(root, 'main.js'), `import.meta.hot.accept() // change ${change}`)
  }
  const { type, updates } = await update
  assert.equal(type, 'update')
  assert.deepEqual(
    updates.map(({ path }) => path),
    ['/main.js'],
  )
})

async function told(socket) {
  const [{ data }] = await once(socket, 'message')
  return JSON.parse(data)
}
