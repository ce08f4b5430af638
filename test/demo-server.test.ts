/** What the demo's servers take and refuse, seen by a client that is no browser. */

import t, { type Test } from 'tap'
import { WebSocket } from 'undici'
import { ChatPage, login, rooms } from './demo-client.ts'
import { type Demo, startDemo } from './demo-driver.ts'
import { askUpgrade } from './support/ask-upgrade.ts'
import { until } from './support/until.ts'

const ROOMS_AT_MOST = 100
let demo: Demo

t.before(async () => {
  demo = await startDemo()
})
t.teardown(() => demo.stop())

onBoth('a login takes a name that can be shown', async (t, url) => {
  for (const name of ['', '   ', 'x'.repeat(33), 'a\nb', '\u202Egnp', 7, null, ['a']]) {
    t.equal((await login(url, name)).status, 400, JSON.stringify(name))
  }
  for (const name of ['Ada', '  Ada  ', 'x'.repeat(32), '👩‍👩‍👧', 'أحمد']) {
    t.equal((await login(url, name)).status, 200, name)
  }
  t.equal((await fetch(`${url}login`, { method: 'POST', body: '{"name":' })).status >= 400, true)
})

onBoth('a handshake is refused like the request it is', async (t, url) => {
  const { cookie } = await login(url, 'Ada')
  t.equal(await handshake(url, '/chat/lobby', {}), 401)
  t.equal(await handshake(url, '/chat/lobby', { cookie: `${cookie}x` }), 401, 'a forged session')
  t.equal(await handshake(url, '/chat/lobby', { cookie, origin: 'https://evil.example' }), 403)
  t.equal(await handshake(url, '/chat/..%2F', { cookie }), 404)
  t.equal(await handshake(url, '/chat/%E0%A4%A', { cookie }), 400)
  t.equal(await handshake(url, '/nowhere', { cookie }), 404)
  t.equal(await handshake(url, '/chat/lobby', { cookie, origin: url.slice(0, -1) }), 101)
})

t.test('--compression: both servers accept what a browser offers', async (t) => {
  const compressed = await startDemo('--compression')
  t.teardown(() => compressed.stop())
  for (const running of [demo, compressed]) {
    for (const url of [running.express, running.fastify]) {
      const { cookie } = await login(url, 'Ada')
      const offer = { cookie, 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }
      const { headers } = await askUpgrade(`${url}chat/lobby`, offer)
      const expected =
        running === demo ? undefined : /^permessage-deflate; server_no_context_takeover; client_no_context/
      t.match(headers['sec-websocket-extensions'], expected)
    }
  }
})

onBoth('what is no message of the chat ends the connection', async (t, url) => {
  const tries: [data: string | Uint8Array, code: number][] = [
    ['{', 1007],
    ['null', 1007],
    ['{"type":"shutdown"}', 1007],
    ['{"type":"say","id":1,"text":"x"}', 1007],
    [new Uint8Array(3), 1007],
    ['x'.repeat(16 * 1024 + 1), 1009],
  ]
  for (const [data, code] of tries) {
    const client = await ChatPage.join(url, 'Eve', 'noise')
    client.socket.send(data)
    t.equal((await client.closed).code, code, String(data).slice(0, 30))
  }
})

onBoth('a message is told once, and one without text or with too much of it not at all', async (t, url) => {
  const room = `once-${new URL(url).port}`
  const ada = await ChatPage.join(url, 'Ada', room)
  ada.say('message-1', 'x'.repeat(2001))
  t.match(await ada.told('error'), { id: 'message-1', error: 'too long' })
  ada.say('message-2', ' \n ')
  t.match(await ada.told('error'), { id: 'message-2', error: 'empty' })
  for (const id of ['message-3', 'message-3', 'message-4']) ada.say(id, id)
  const told = [await ada.told('message'), await ada.told('message'), await ada.told('message')]
  t.same(
    told.map(({ message }) => message.text),
    ['message-3', 'message-3', 'message-4'],
    'the author is answered both times',
  )
  const bob = await ChatPage.join(url, 'Bob', room)
  const { history } = await bob.told('welcome')
  t.same(
    history.map(({ text }) => text),
    ['message-3', 'message-4'],
  )
  ada.socket.close()
  bob.socket.close()
})

onBoth('who talks too fast is slowed down, and loses nothing', async (t, url) => {
  const ada = await ChatPage.join(url, 'Ada', 'flood')
  const start = performance.now()
  for (let i = 0; i < 27; i++) ada.say(`message-${i}`, String(i))
  const texts: string[] = []
  for (let i = 0; i < 27; i++) texts.push((await ada.told('message')).message.text)
  t.same(
    texts,
    Array.from({ length: 27 }, (_, i) => String(i)),
  )
  t.ok(performance.now() - start > 1000, 'the last seven wait for a fifth of a second each')
  ada.socket.close()
})

onBoth('a logout ends the connections of that user only', async (t, url) => {
  const { cookie } = await login(url, 'Ada')
  const [first, second] = [await ChatPage.connect(url, 'lobby', cookie), await ChatPage.connect(url, 'random', cookie)]
  const other = await ChatPage.join(url, 'Bob', 'lobby')
  await fetch(`${url}logout`, { method: 'POST', headers: { cookie } })
  t.match(await first.closed, { code: 4001, reason: 'logged out' })
  t.match(await second.closed, { code: 4001 })
  t.equal(other.socket.readyState, WebSocket.OPEN)
  other.socket.close()
})

void t.test('the number of rooms is bounded, and both servers count the same ones', async (t) => {
  const { cookie } = await login(demo.express, 'Ada')
  const clients: ChatPage[] = []
  const refused = async () => (await ChatPage.connect(demo.express, `room-${clients.length}`, cookie)).closed
  while ((await rooms(demo.express)).length < ROOMS_AT_MOST) {
    clients.push(await ChatPage.connect(demo.express, `room-${clients.length}`, cookie))
    await clients[clients.length - 1].told('welcome')
  }
  t.match(await refused(), { code: 1013, reason: 'too many rooms are open' })
  const isSame = async () => JSON.stringify(await rooms(demo.fastify)) === JSON.stringify(await rooms(demo.express))
  await until('both have told one another', isSame)
  for (const { socket } of clients) socket.close()
})

function onBoth(name: string, test: (t: Test, url: string) => Promise<void>): void {
  void t.test(`${name}: Express`, (t) => test(t, demo.express))
  void t.test(`${name}: Fastify`, (t) => test(t, demo.fastify))
}

/** The status that a handshake is answered with. */
async function handshake(url: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return (await askUpgrade(new URL(path, url).href, headers)).status
}
