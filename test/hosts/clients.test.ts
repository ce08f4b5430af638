/** Real clients: what they send arrives, what is sent to them does, and both sides' close codes. */

import { WebSocket as UndiciSocket } from 'undici'
import { WebSocket as WsSocket } from 'ws'
import type { Connection } from '../../src/index.ts'
import { echo, type Handler } from './host.ts'
import { onEachHost } from './suite.ts'

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576]
const CODES = [1000, 3000, 3999, 4000, 4999]

/** The part of a browser's WebSocket that both clients have. */
interface Client extends Pick<EventTarget, 'addEventListener'> {
  binaryType: string
  readonly protocol: string
  send(data: string | ArrayBuffer): void
  close(code?: number, reason?: string): void
}

const CLIENTS: Record<string, (url: string, protocols: string[]) => Client> = {
  undici: (url, protocols) => new UndiciSocket(url, protocols) as unknown as Client, // the same as far as it is used here
  ws: (url, protocols) => new WsSocket(url, protocols) as unknown as Client,
}

/** The next event of a kind: both are listened to as in a browser. */
const next = <T>(client: Client, event: string): Promise<T> =>
  new Promise((resolve) => client.addEventListener(event, (details) => resolve(details as T), { once: true }))

for (const [name, connect] of Object.entries(CLIENTS)) {
  await onEachHost(`${name} sends and gets messages of all sizes`, async (t, begin) => {
    const app = await begin({ options: { protocols: ['echo'] }, routes: { '/ws': echo } })
    const client = connect(`ws://127.0.0.1:${app.port}/ws`, ['other', 'echo'])
    client.binaryType = 'arraybuffer'
    await next(client, 'open')
    t.equal(client.protocol, 'echo')
    for (const size of SIZES) {
      const text = '€'.repeat(size / 3) + 'x'.repeat(size % 3)
      client.send(text)
      const { data } = await next<{ data: string }>(client, 'message')
      t.ok(data === text, `text of ${size}`)
      const bytes = Buffer.alloc(size, 'sockroute')
      client.send(new Uint8Array(bytes).buffer)
      const answer = await next<{ data: ArrayBuffer }>(client, 'message')
      t.ok(bytes.equals(new Uint8Array(answer.data)), `binary of ${size}`)
    }
    client.close()
    t.match(await next(client, 'close'), { code: 1005, wasClean: true })
  })

  await onEachHost(`${name} tells and is told close codes`, async (t, begin) => {
    const opened: Connection[] = []
    const keep: Handler = (socket) => void opened.push(socket)
    const app = await begin({ routes: { '/ws': keep } })
    for (const code of CODES) {
      const leaving = connect(`ws://127.0.0.1:${app.port}/ws`, [])
      await next(leaving, 'open')
      leaving.close(code, 'bye €')
      t.match(await next(leaving, 'close'), { code, wasClean: true }, `${code} from the client, echoed`)
      t.same(await opened.pop()?.closed, { code, reason: 'bye €', wasClean: true }, `${code} from the client`)

      const told = connect(`ws://127.0.0.1:${app.port}/ws`, [])
      await next(told, 'open')
      const [socket] = opened.splice(0)
      socket.close(code, 'ciao €')
      t.match(await next(told, 'close'), { code, reason: 'ciao €', wasClean: true }, `${code} from the server`)
      t.match(await socket.closed, { code, wasClean: true }, `${code} from the server, echoed`)
    }
  })

  await onEachHost(`${name} is refused`, async (t, begin) => {
    const app = await begin({ routes: { '/ws': { hooks: [({ reply }) => reply(401)], handler: echo } } })
    const client = connect(`ws://127.0.0.1:${app.port}/ws`, [])
    const failed = new Promise((resolve) => client.addEventListener('error', resolve))
    t.match(await next(client, 'close'), { code: 1006, wasClean: false })
    await failed
  })
}
