/** Hooks that reply and fail all the same, or fail in ways of their own: one request is lost, and nothing else. */

import { runInNewContext } from 'node:vm'
import { echo, type Hook } from './host.ts'
import { onEachHost } from './suite.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const fail = (): never => {
  throw new Error('failed behind its reply')
}

const repliesAndFails: Record<string, Hook> = {
  '/at-once': ({ reply }) => {
    reply(401, 'no')
    fail()
  },
  '/rejects': async ({ reply }) => {
    reply(401, 'no')
    fail()
  },
  '/later': async ({ reply }) => {
    reply(401, 'no')
    await turn()
    await turn()
    fail()
  },
}

await onEachHost('a hook that replies has refused, also if it fails afterwards', async (t, begin) => {
  let opened = 0
  const routes = Object.entries(repliesAndFails).map(([path, hook]) => [
    path,
    { hooks: [hook], handler: () => void opened++ },
  ])
  const app = await begin({ routes: { ...Object.fromEntries(routes), '/ws': echo } })
  for (const path of Object.keys(repliesAndFails)) {
    const client = await app.send({ path })
    t.equal((await client.readHead()).status, 401, path)
    await client.ended
    client.end()
  }
  await app.settled()
  t.equal(opened, 0)
  t.equal((await app.send().then((other) => other.readHead())).status, 101, 'others go on')
})

/** As another library's promise: it has `then`, and is not of the class that we know. */
const Foreign = runInNewContext('Promise') as PromiseConstructor
const foreign = (promise: Promise<void>): Promise<void> => new Foreign((...settle) => void promise.then(...settle))

await onEachHost('what a hook returns need not be of the class Promise', async (t, begin) => {
  const app = await begin({
    routes: {
      '/rejects': { hooks: [() => foreign(turn().then(fail))], handler: echo },
      '/fulfils': { hooks: [() => foreign(turn())], handler: echo },
    },
  })
  t.equal((await app.send({ path: '/rejects' }).then((client) => client.readAnswer())).status, 500)
  t.equal((await app.send({ path: '/fulfils' }).then((client) => client.readHead())).status, 101)
})
