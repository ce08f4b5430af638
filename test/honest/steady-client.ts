/** A client in a process of its own, which speaks on while the server's loop stands still. Run by slow-handlers.test.ts. */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { dial } from './visit.ts'

const [url, count, everyMs] = process.argv.slice(2)
const client = await dial(url)
const echoes: string[] = []
client.on('message', (data: Buffer) => echoes.push(data.toString()))
const closed = once(client, 'close')
const said: string[] = []
for (let at = 0; at < Number(count); at++) {
  said.push(`word ${at}`)
  client.send(`word ${at}`)
  await delay(Number(everyMs))
}
client.close(1000)
const [code] = (await closed) as [number]
console.log(
  `closed with ${code}, ${echoes.join() === said.join() ? 'and all came back' : `${echoes.length} came back`}`,
)
