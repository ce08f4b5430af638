/** `app.ws.close(which, code, reason)`: some of the sockets, and never all of them by mistake. */

import type { RouteOptions } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import { onEachHost } from './suite.ts'

let users = 0
const numbered: Handler = (socket) => {
  socket.data.userId = ++users
  socket.data.role = 'user'
  socket.send(String(users))
}

await onEachHost('those that a function means, or whose data has the fields', async (t, begin) => {
  users = 0
  const app = await begin({ routes: { '/ws': numbered, '/other': echo } })
  const clients = [await app.open(), await app.open(), await app.open()]
  const other = await app.open({ path: '/other' })
  const sockets = [...app.ws.connections]
  for (const client of clients) await client.readFrame()
  t.equal(await app.ws.close({ userId: 1, role: 'admin' }, 4001), 0, 'all of the fields')
  t.equal(await app.ws.close({ userId: '1' }, 4001), 0, 'and as they are')
  t.equal(await app.ws.close({ userId: 1, role: 'user' }, 4001, 'logged out'), 1)
  t.equal(await app.ws.close(({ data }) => data.userId === 2, 4002), 1)
  t.same(
    sockets.map(({ readyState }) => readyState),
    [2, 2, 1, 1],
  )
  t.equal((await clients[0].readFrame()).payload.toString('latin1'), '\x0f\xa1logged out')
  t.equal((await clients[1].readFrame()).payload.toString('latin1'), '\x0f\xa2')
  t.equal(await app.ws.close(() => true, 4003), 2, 'those that are closing already do not count')
  t.equal((await other.readFrame()).payload.toString('latin1'), '\x0f\xa3')
})

await onEachHost('what such a client still sends is dropped, and its closing handshake ends', async (t, begin) => {
  const heard: string[] = []
  let release: () => void = () => undefined
  const handler: Handler = async (socket) => {
    for await (const message of socket) {
      heard.push(String(message))
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
  }
  const app = await begin({ routes: { '/ws': handler } })
  const client = await app.open({}, Buffer.concat([clientFrame(1, 'one'), clientFrame(1, 'two')]))
  const [socket] = app.ws.connections
  while (heard.length === 0) await new Promise(setImmediate)
  t.equal(await app.ws.close(() => true, 4001), 1)
  await client.readFrame()
  client.write(Buffer.concat([clientFrame(1, 'three'), clientFrame(8, hex('0fa1'))]))
  release()
  await client.ended
  client.end()
  t.same([heard, await socket.closed], [['one'], { code: 4001, reason: '', wasClean: true }])
})

await onEachHost('who was logged out while their handshake was being decided is asked for', async (t, begin) => {
  const sessions = new Set(['s1', 's2'])
  let decide: () => void = () => undefined
  const decided = new Promise<void>((resolve) => {
    decide = resolve
  })
  let asked = 0
  const options: RouteOptions = { reauthenticate: () => ++asked > 0 && sessions.has('s1') }
  const app = await begin({ routes: { '/ws': { handler: echo, options, hooks: [() => decided] }, '/late': echo } })
  const client = await app.send()
  await app.open({ path: '/late' }) // by now the first is with its hook
  sessions.delete('s1')
  t.equal(await app.ws.close({ userId: 1 }, 4001), 0)
  decide()
  t.equal((await client.readHead()).status, 101)
  t.equal((await client.readFrame()).payload.toString('latin1'), '\x0b\xb8Unauthorized')
  sessions.add('s1')
  await app.open()
  t.equal(asked, 1, 'who comes later has been asked by the hooks')
})

await onEachHost('data that cannot be read is not that of anybody', async (t, begin) => {
  const handler: Handler = (socket) => {
    Object.defineProperty(socket.data, 'userId', {
      get: () => {
        throw new Error('not loaded yet')
      },
    })
  }
  const app = await begin({ routes: { '/ws': numbered, '/other': handler } })
  await app.open({ path: '/other' })
  const client = await app.open()
  await client.readFrame()
  t.equal(await app.ws.close({ userId: users }, 4001), 1)
})

type Args = readonly unknown[]

const MISTAKES: [what: string, args: Args, message: RegExp][] = [
  ['an undefined choice', [undefined, 4001], /takes a function \(socket\) => boolean, or fields .*got undefined/],
  ['an undefined choice alone', [undefined], /close\(which, code\) closes some sockets; got undefined/],
  ['null', [null, 4001], /got null/],
  ['a list', [[1], 4001], /got \[/],
  ['an object without fields', [{}, 4001], /for all sockets write \(\) => true/],
  ['a field that is not there', [{ userId: undefined }, 4001], /the field userId .*got undefined/],
  ['a field that is null', [{ userId: null }, 4001], /the field userId .*got null/],
  ['a field that is no number', [{ userId: NaN }, 4001], /the field userId .*got NaN/],
  ['a field that is an object', [{ user: { id: 1 } }, 4001], /the field user .*got/],
  ['no code', [{ userId: 1 }], /no option drain\.userId/],
  ['no code, with a function', [() => true], /takes a close code such as 4001; got undefined/],
  ['a code that is undefined', [() => true, undefined], /takes a close code such as 4001; got undefined/],
  ['a code that is none', [() => true, 1005], /1005 is not a close code/],
  ['a code that is text', [() => true, '4001'], /takes a close code such as 4001; got string/],
  ['a reason that is too long', [() => true, 4001, 'x'.repeat(124)], /at most 123 bytes/],
  ['a reason that is none', [() => true, 4001, 1], /the reason is a string/],
  ['an async function', [async () => false, 4001], /got a promise: ask what it waits for before/],
  ['an async function that fails', [async () => JSON.parse('{'), 4001], /got a promise/],
  ['a function that returns a number', [() => 1, 4001], /returns true or false; got 1/],
]

await onEachHost('a mistake closes nobody', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  await app.open()
  const close = app.ws.close.bind(app.ws) as (...args: Args) => Promise<unknown>
  for (const [what, args, message] of MISTAKES) {
    t.throws(() => close(...args), { message }, what)
    t.equal([...app.ws.connections][0].readyState, 1, what)
  }
  const fail = (): never => {
    throw new Error('a mistake in it')
  }
  t.throws(() => app.ws.close(fail, 4001), { message: 'a mistake in it' })
  const reauthenticate = app.ws.reauthenticate.bind(app.ws) as (...args: Args) => Promise<unknown>
  for (const which of [undefined, null, {}, { userId: undefined }]) {
    t.throws(() => reauthenticate(which), { name: 'TypeError', message: /reauthenticate\(which\)/ })
  }
  const client = await app.open({}, clientFrame(1, 'hello'))
  t.equal(await client.readText(), 'hello', 'and the app takes others')
})

await onEachHost('data may be anything', async (t, begin) => {
  const handler: Handler = (socket) => {
    Object.assign(socket, { data: null })
  }
  const app = await begin({ routes: { '/ws': handler, '/other': echo } })
  await app.open()
  await app.open({ path: '/other' })
  t.equal(await app.ws.close({ userId: 1 }, 4001), 0)
})
