import t from 'tap'
import { Agent, fetch } from 'undici'
import { certificateOf } from '../support/certificate-of.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('WebSockets over HTTP/2 with TLS, and over HTTP/1.1 by the same port', async (t) => {
  const { program, http, ws } = await runExample(t, 'http2')
  t.match(http, /^https:/)
  const ca = await certificateOf(http)
  const cases: [allowH2: boolean, version: string][] = [
    [true, '2.0'],
    [false, '1.1'],
  ]
  const clients: Client[] = []
  for (const [allowH2, version] of cases) {
    const dispatcher = new Agent({ allowH2, connect: { ca } })
    t.teardown(() => dispatcher.destroy())
    t.match(await (await fetch(http, { dispatcher })).text(), 'wss://')
    for (const number of [1, 2]) {
      const client = await Client.open(`${ws}/sockets/${number}`, { dispatcher, headers: { origin: http } })
      t.equal(await client.next(), `socket ${number} is over HTTP/${version}`)
      client.send('hello')
      t.equal(await client.next(), 'hello')
      clients.push(client)
    }
  }

  const code = program.stop()
  for (const { closed } of clients) t.equal((await closed).code, 1001)
  t.equal(await code, 0)
  t.equal(program.errors, '')
})
