/** TLS that is broken off at any point ends its own connection, and leaves nothing. */

import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { TLS } from '../adapters/tls.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import { handshake, RawClient } from './raw-client.ts'
import { run } from './suite.ts'
import { TLS_HOSTS } from './tls-hosts.ts'

const HI = clientFrame(1, 'hi')
const CLIENT_HELLO = hex('160301020001000001fc0303')

/** How far a client comes before it resets the connection under its TLS. */
const stages: [name: string, come: (client: RawClient) => Promise<unknown>][] = [
  ['behind the TLS handshake', async () => undefined],
  ['inside the request', async (client) => client.write(handshake().subarray(0, 40))],
  ['behind the request', async (client) => client.write(handshake())],
  ['behind the 101', (client) => open(client)],
  ['inside a frame', async (client) => open(client).then(() => client.write(HI.subarray(0, 4)))],
]

for (const [name, begin] of Object.entries(TLS_HOSTS)) {
  t.test(`${name}: TLS that is aborted`, async (t) => {
    const app = run(t, await begin())
    const dial = async (): Promise<[RawClient, ReturnType<typeof connectTcp>]> => {
      const tcp = connectTcp(app.port, '127.0.0.1').on('error', () => undefined)
      const socket = connect({ socket: tcp, ca: TLS.cert, servername: 'localhost' })
      t.teardown(() => tcp.destroy())
      await new Promise((resolve) => socket.once('secureConnect', resolve))
      return [new RawClient(socket), tcp]
    }
    const [witness] = await dial()
    await open(witness)
    for (const [stage, come] of stages) {
      const [client, tcp] = await dial()
      await come(client)
      tcp.resetAndDestroy()
      witness.write(HI)
      t.equal(await witness.readText(), 'hi', `${stage}: others are served`)
    }
    for (const bytes of [CLIENT_HELLO, Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(0)]) {
      const client = await app.connect()
      client.write(bytes)
      client.reset()
    }
    witness.destroy()
    await app.settled()
    t.equal(app.ws.connections.size, 0, 'nothing is left')
  })
}

async function open(client: RawClient): Promise<void> {
  client.write(handshake())
  const { status } = await client.readHead()
  if (status !== 101) throw new Error(`expected 101; got ${status}`)
}
