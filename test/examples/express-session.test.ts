import t from 'tap'
import { askUpgrade } from '../support/ask-upgrade.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('without a login the WebSocket is refused', async (t) => {
  const { program, ws } = await runExample(t, 'express-session')
  for (const cookie of ['', 'connect.sid=s%3Aforged.signature']) {
    const answer = await askUpgrade(`${ws}/chat`, { cookie })
    t.equal(answer.status, 401)
    t.same(JSON.parse(answer.body), { error: 'log in first' })
  }
  t.equal(await program.stop(), 0)
})

t.test('after a login it has the session', async (t) => {
  const { program, http, ws } = await runExample(t, 'express-session')
  t.equal((await login(http, '')).status, 400)
  const [ada, bob] = [await login(http, 'Ada'), await login(http, 'Bob')]
  const clients = {
    ada: await Client.open(`${ws}/chat`, { headers: { cookie: ada.cookie, origin: http } }),
    bob: await Client.open(`${ws}/chat`, { headers: { cookie: bob.cookie, origin: http } }),
  }
  t.equal(await clients.ada.next(), 'hello Ada')
  t.equal(await clients.bob.next(), 'hello Bob')
  clients.ada.send('hi')
  t.equal(await clients.ada.next(), 'Ada: hi')

  const foreign = { cookie: ada.cookie, origin: 'https://evil.example' }
  t.equal((await askUpgrade(`${ws}/chat`, foreign)).status, 403, 'a page from elsewhere cannot use her cookie')

  t.equal((await fetch(`${http}/logout`, { method: 'POST', headers: { cookie: ada.cookie } })).status, 204)
  t.match(await clients.ada.closed, { code: 4001, reason: 'logged out' })
  t.equal((await askUpgrade(`${ws}/chat`, { cookie: ada.cookie })).status, 401)
  clients.bob.send('still here')
  t.equal(await clients.bob.next(), 'Bob: still here')

  const code = program.stop()
  t.equal((await clients.bob.closed).code, 1001)
  t.equal(await code, 0)
})

async function login(http: string, name: string): Promise<{ status: number; cookie: string }> {
  const { status, headers } = await fetch(`${http}/login`, { method: 'POST', body: new URLSearchParams({ name }) })
  const cookie = headers.getSetCookie().map((header) => header.split(';')[0])
  return { status, cookie: cookie.join('; ') }
}
