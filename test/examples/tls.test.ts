import t from 'tap'
import { Agent, fetch } from 'undici'
import { certificateOf } from '../support/certificate-of.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('wss:// over https, with a certificate that clients can verify', async (t) => {
  const { program, http, ws } = await runExample(t, 'tls')
  t.match(http, /^https:/)
  const dispatcher = new Agent({ connect: { ca: await certificateOf(http) } })
  t.teardown(() => dispatcher.destroy())

  for (const host of ['127.0.0.1', 'localhost']) {
    const page = await fetch(http.replace('127.0.0.1', host), { dispatcher })
    t.match(await page.text(), 'wss://', host)
  }
  const client = await Client.open(`${ws}/echo`, { dispatcher, headers: { origin: http } })
  client.send('hello')
  t.equal(await client.next(), 'hello')

  await t.rejects(Client.open(`${ws}/echo`), 'nobody trusts it who was not told to')

  const code = program.stop()
  t.equal((await client.closed).code, 1001)
  t.equal(await code, 0)
  t.equal(program.errors, '')
})
