import t from 'tap'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

const MESSAGES = 100
const MIB = 1024 * 1024

t.test('a peer that is faster than the handler waits, and loses nothing', async (t) => {
  const { program, http, ws } = await runExample(t, 'slow-consumer')
  t.match(await (await fetch(http)).text(), '/import')

  const client = await Client.open(`${ws}/import`)
  const message = 'x'.repeat(MIB / 2)
  for (let i = 0; i < MESSAGES; i++) client.send(message)

  const counts: number[] = []
  while (counts.length < MESSAGES) {
    const { count, bytes } = JSON.parse(await client.next()) as { count: number; bytes: number }
    t.equal(bytes, message.length)
    counts.push(count)
    if (count === 1) t.ok(client.socket.bufferedAmount > 20 * MIB, 'of 50 MiB most wait at the peer')
  }
  t.same(
    counts,
    Array.from({ length: MESSAGES }, (_, i) => i + 1),
    'in order',
  )
  t.equal(client.socket.bufferedAmount, 0)

  t.equal((await client.close(1000)).code, 1000)
  await program.printed(/^imported 100 messages$/m)
  t.equal(await program.stop(), 0)
})

t.test('others are served meanwhile', async (t) => {
  const { program, ws } = await runExample(t, 'slow-consumer')
  const [busy, other] = [await Client.open(`${ws}/import`), await Client.open(`${ws}/import`)]
  for (let i = 0; i < MESSAGES; i++) busy.send('x')
  await busy.next()
  other.send('y')
  t.same(JSON.parse(await other.next()), { count: 1, bytes: 1 })
  t.not(await count(busy), MESSAGES, 'the busy one is not done yet')
  t.equal(await program.stop('SIGKILL'), null)
})

async function count(client: Client): Promise<number> {
  return (JSON.parse(await client.next()) as { count: number }).count
}
