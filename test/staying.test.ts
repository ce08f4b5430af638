/** What asking anew keeps in memory: the request where the option is set, and not a moment longer than the connection. */

import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Hub } from '../src/hub.ts'
import type { RouteOptions } from '../src/options.ts'
import { inherit } from '../src/settings.ts'
import type { Upgrade } from '../src/upgrade.ts'
import { FakeClock } from './support/clock.ts'
import { settle } from './support/open.ts'
import { type End, pair } from './support/pair.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Of a handshake the hub asks no more than this. */
const upgrade = { elapsedMs: 0, inForce: {} } as unknown as Upgrade

function setUp() {
  const clock = new FakeClock()
  const hub = new Hub({ clock, pingIntervalMs: 'unlimited' })
  const open = (route: RouteOptions): { transport: End; request: WeakRef<object> } => {
    const [transport] = pair()
    const request = { headers: {} }
    const settings = inherit(hub.settings, route)
    const opening = { settings, protocol: '', handler: () => undefined, request, server: undefined }
    hub.open(transport, Buffer.alloc(0), opening, upgrade)
    return { transport, request: new WeakRef(request) }
  }
  return { clock, hub, open }
}

async function isKept(request: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 3; i++) {
    await turn() // a WeakRef that was looked at holds until the turn ends
    collect()
  }
  return request.deref() !== undefined
}

t.test('a request is kept where it is asked with, until its connection closes', async (t) => {
  const { hub, open } = setUp()
  const answers: unknown[] = []
  const never = (): Promise<boolean> => new Promise((resolve) => answers.push(resolve))
  const without = open({})
  const asking = open({ reauthenticate: never })
  const idle = open({ reauthenticate: () => true })
  t.same(await Promise.all([without, asking, idle].map(({ request }) => isKept(request))), [false, true, true])
  const gone = hub.staying.reauthenticateAll()
  for (const { transport } of [asking, idle]) transport.destroy()
  await settle()
  t.equal(await gone, 1)
  t.same([answers.length, await isKept(asking.request), await isKept(idle.request)], [1, false, false])
})

t.test('no timer is left when they have closed', async (t) => {
  const { clock, open } = setUp()
  const { transport } = open({ reauthenticate: () => true, reauthenticateIntervalMs: 60_000 })
  t.equal(clock.timers, 2, 'the heartbeat, and the interval')
  transport.destroy()
  await settle()
  t.equal(clock.timers, 0)
})
