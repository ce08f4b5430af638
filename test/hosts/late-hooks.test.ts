/** Hooks that take longer than a handshake may: what is answered, and what the log says. */

import { echo, type Hook } from './host.ts'
import { onEachHost } from './suite.ts'

const never: Hook = () => new Promise(() => undefined)

const waits: [path: string, hooks: Hook[], status: number, why: RegExp][] = [
  ['/never', [never], 200, /a hook neither replied, failed nor passed on/],
  ['/status', [({ setStatus }) => setStatus(401)], 401, /set status 401 and neither replied nor failed/],
]

await onEachHost('the log says what a handshake has waited for in vain', async (t, begin) => {
  let opened = 0
  const handler = (): void => {
    opened++
  }
  const routes = Object.fromEntries(waits.map(([path, hooks]) => [path, { hooks, handler }]))
  const app = await begin({ options: { handshakeTimeoutMs: 50 }, routes: { ...routes, '/ws': echo } })
  for (const [path, , status, why] of waits) {
    const client = await app.send({ path: `${path}?a=b` })
    t.equal((await client.readAnswer()).status, 504, path)
    client.end()
    t.match(app.log.splice(0), [{ level: 'warn', url: `${path}?a=[redacted]`, status, message: why }], path)
  }
  t.equal(opened, 0)
})
