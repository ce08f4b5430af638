import t from 'tap'
import { askUpgrade } from '../support/ask-upgrade.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('one hook guards the route and the WebSocket', async (t) => {
  const { program, http, ws } = await runExample(t, 'fastify-auth')
  const refusal = { error: 'a valid token is needed' }

  const page = await fetch(`${http}/me`)
  t.equal(page.status, 401)
  t.same(await page.json(), refusal)

  for (const path of [
    '/rooms/lobby',
    '/rooms/lobby?token=',
    '/rooms/lobby?token=guess',
    '/rooms/lobby?token=a&token=b',
  ]) {
    const answer = await askUpgrade(`${ws}${path}`)
    t.equal(answer.status, 401, path)
    t.same(JSON.parse(answer.body), refusal)
    t.match(answer.headers['content-type'], /^application\/json/)
  }
  t.equal((await askUpgrade(`${ws}/rooms/lobby?token=ada-secret`, { cookie: 'token=guess' })).status, 401)

  t.same(await (await fetch(`${http}/me?token=bob-secret`)).json(), { userName: 'Bob' })
  t.equal(await program.stop(), 0)
})

t.test('a token from the query or from a cookie, and the path’s parameters', async (t) => {
  const { program, ws } = await runExample(t, 'fastify-auth')
  const ada = await Client.open(`${ws}/rooms/lobby?token=ada-secret`)
  const bob = await Client.open(`${ws}/rooms/caf%C3%A9`, { headers: { cookie: 'token=bob-secret' } })
  t.equal(await ada.next(), 'Ada, this is lobby')
  t.equal(await bob.next(), 'Bob, this is café')
  ada.send('hi')
  bob.send('hello')
  t.equal(await ada.next(), 'Ada: hi')
  t.equal(await bob.next(), 'Bob: hello')

  const code = program.stop()
  t.equal((await ada.closed).code, 1001)
  t.equal((await bob.closed).code, 1001)
  t.equal(await code, 0)
  t.equal(program.errors, '')
})
