/** Over TLS: WebSockets, and upgrades to something else, which are plain HTTP with their bodies. RFC 9110 §7.8 */

import { connect } from 'node:tls'
import t from 'tap'
import { TLS } from '../adapters/tls.ts'
import { clientFrame } from '../protocol/wire.ts'
import { handshake, RawClient } from './raw-client.ts'
import { run } from './suite.ts'
import { TLS_HOSTS } from './tls-hosts.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

const NODE = Number.parseInt(process.versions.node, 10)
const LARGE = 'x'.repeat(100_000)
const CHUNKS = `5\r\nhello\r\n186a0\r\n${LARGE}\r\n0\r\n\r\n`

const requests: [what: string, method: string, headers: Record<string, string>, body: string, echoed: string][] = [
  ['without a body', 'GET', {}, '', ''],
  ['with a body of some length', 'POST', { 'content-length': '2' }, 'hi', 'hi'],
  ['with a long body', 'POST', { 'content-length': '100000' }, LARGE, LARGE],
  ['with a body in chunks', 'POST', { 'transfer-encoding': 'chunked' }, CHUNKS, `hello${LARGE}`],
]

for (const [name, begin] of Object.entries(TLS_HOSTS)) {
  t.test(`${name}: TLS carries WebSockets and plain HTTP`, async (t) => {
    const { port } = run(t, await begin())
    const dial = (): RawClient => {
      const client = new RawClient(connect({ port, host: '127.0.0.1', ca: TLS.cert, servername: 'localhost' }))
      t.teardown(() => client.destroy())
      return client
    }
    for (const [what, method, headers, body, echoed] of requests) {
      const client = dial()
      client.write(handshake({ method, path: '/echo', headers: { upgrade: 'h2c', ...headers } }))
      client.write(body)
      const answer = await client.readAnswer()
      t.equal(answer.body, `${method} ${echoed}`, `Upgrade: h2c ${what}`)
      if (answer.headers.connection === 'close' && name === 'node:http' && NODE >= 26) continue // it need not go on
      client.write(handshake({ path: '/echo', headers: { upgrade: undefined, connection: 'close' } }))
      t.equal((await client.readAnswer()).body, 'GET ', `${what}: the connection goes on`)
    }
    const client = dial()
    client.write(Buffer.concat([handshake(), clientFrame(1, 'hi'), BYE]))
    t.equal((await client.readHead()).status, 101)
    t.same(await client.readToEnd(), ['text hi', 'close 1000', 'fin'])
  })
}
