/** Nothing is lost: messages of all sizes, both ways, in order, and only as fast as the handler takes them. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import { onEachHost } from './suite.ts'

const MESSAGES = [0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576].flatMap((size) => {
  const payload = Buffer.alloc(size, 'sockroute')
  return [1, 2].map((opcode) => [opcode, payload, clientFrame(opcode, payload)] as const)
})
const BYE = clientFrame(8, Buffer.of(3, 232))
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Ways to echo; each has its own way through the inbox. */
const echoes: Record<string, Handler> = {
  '/listener': echo,
  '/async-listener': (socket) => {
    socket.on('message', async (data, isBinary) => {
      await TURN()
      socket.send(data, { binary: isBinary })
    })
  },
  '/loop': async (socket) => {
    for await (const message of socket) socket.send(message)
  },
  '/slow-loop': async (socket) => {
    await TURN()
    for await (const message of socket) {
      await TURN()
      socket.send(message)
    }
  },
  '/browser': (socket) => {
    socket.onmessage = ({ data }) => socket.send(data)
  },
  '/late': async (socket) => {
    await delay(5)
    echo(socket, undefined)
  },
}

await onEachHost('§5.2 messages of all sizes go both ways, whatever takes them', async (t, begin) => {
  const app = await begin({ routes: echoes })
  for (const path of Object.keys(echoes)) {
    const client = await app.open({ path })
    for (const [opcode, payload, sent] of MESSAGES) {
      client.write(sent)
      const frame = await client.readFrame()
      const isSame = frame.fin && frame.opcode === opcode && frame.payload.equals(payload)
      t.ok(isSame, `${path}: ${opcode === 1 ? 'text' : 'binary'} of ${payload.length}`)
    }
    client.write(clientFrame(1, 'naïve 👩‍👩‍👧 €'))
    t.equal(await client.readText(), 'naïve 👩‍👩‍👧 €', path)
    client.write(BYE)
    t.same(await client.readToEnd(), ['close 1000', 'fin'], path)
  }
})

await onEachHost('messages keep their order, and none is lost behind a close', async (t, begin) => {
  const app = await begin({ routes: echoes })
  const numbers = Array.from({ length: 100 }, (_, n) => `${n}`)
  for (const path of Object.keys(echoes)) {
    const client = await app.open({ path }, ...numbers.map((text) => clientFrame(1, text)))
    for (const text of numbers) if ((await client.readText()) !== text) t.fail(`${path}: ${text}`)
    client.write(BYE)
    t.same(await client.readToEnd(), ['close 1000', 'fin'], path)
  }
})

await onEachHost('A06 what came before a close is delivered, and then the close is told', async (t, begin) => {
  for (const isAsync of [false, true]) {
    const events: string[] = []
    const closed = new Promise<void>((resolve) => {
      const listen = (socket: Connection): void => {
        socket.on('message', async (data) => {
          events.push(data.toString())
          await TURN()
        })
        socket.on('close', (code) => resolve(void events.push(`close ${code}`)))
      }
      const handler: Handler = async (socket) => {
        if (isAsync) await delay(5)
        listen(socket)
      }
      void begin({ routes: { '/ws': handler } }).then(async (app) => {
        const client = await app.open({}, clientFrame(1, 'a'), clientFrame(1, 'b'), clientFrame(1, 'c'), BYE)
        await client.readToEnd()
        client.end()
      })
    })
    await closed
    t.same(events, ['a', 'b', 'c', 'close 1000'], isAsync ? 'to a handler that listened late' : 'at once')
  }
})

await onEachHost('a handler that only sends answers pings, and sees the close', async (t, begin) => {
  let closed: Promise<object> | undefined
  const push: Handler = (socket) => {
    closed = socket.closed
    socket.send('news')
  }
  const app = await begin({ routes: { '/ws': push } })
  const client = await app.open(
    {},
    clientFrame(9, 'there?'),
    clientFrame(1, 'nobody listens'),
    clientFrame(9, 'still?'),
  )
  client.write(BYE)
  const seen = await client.readToEnd()
  const told = seen.filter((frame) => frame !== 'pong there?') // where the newer one finds it waiting, it takes its place: §5.5.3
  t.same(told, ['text news', 'pong still?', 'close 1000', 'fin'])
  client.end()
  t.same(await closed, { code: 1000, reason: '', wasClean: true })
})

await onEachHost('a loop that ends closes with 1000, and a handler that listens may return', async (t, begin) => {
  const app = await begin({
    routes: {
      '/first': async (socket) => {
        for await (const message of socket) {
          socket.send(`only ${message.toString()}`)
          break
        }
      },
      '/async': async (socket) => {
        await TURN()
        echo(socket, undefined)
      },
    },
  })
  const first = await app.open({ path: '/first' }, clientFrame(1, 'one'), clientFrame(1, 'two'))
  t.equal(await first.readText(), 'only one')
  t.equal((await first.readFrame()).payload.readUInt16BE(), 1000)
  const stays = await app.open({ path: '/async' }, clientFrame(1, 'a'))
  t.equal(await stays.readText(), 'a')
  stays.write(clientFrame(1, 'b'))
  t.equal(await stays.readText(), 'b')
})

await onEachHost('§5.4 a message may be sent in parts', async (t, begin) => {
  const app = await begin({
    routes: {
      '/ws': (socket) => {
        socket.send('a', { fin: false })
        socket.ping('between')
        socket.send('b', { fin: false })
        socket.send('', { fin: true })
        socket.send(Buffer.from('c'))
        socket.close(4000, 'done')
      },
    },
  })
  const client = await app.open({}, BYE)
  t.same(await client.readToEnd(), [
    'part of text a',
    'ping between',
    'part of continuation b',
    'continuation',
    'binary c',
    'close 4000',
    'fin',
  ])
})

await onEachHost('A13 misuse is thrown at the caller, and the connection goes on', async (t, begin) => {
  const results: unknown[] = []
  const misuse: ((socket: Connection) => unknown)[] = [
    (socket) => socket.close(9999),
    (socket) => socket.close(1005),
    (socket) => socket.close(1000, 'x'.repeat(124)),
    (socket) => socket.close(1000, new Float32Array(20) as never),
    (socket) => socket.close('1000' as never),
    (socket) => socket.send(undefined as never),
    (socket) => socket.send(null as never),
    (socket) => socket.send(Number.NaN as never),
    (socket) => socket.send({} as never),
    (socket) => socket.send(Buffer.of(255), { binary: false }),
    (socket) => socket.ping('x'.repeat(126)),
    (socket) => socket.pong({} as never),
    (socket) => {
      socket.binaryType = 'blob' as never
    },
  ]
  const handler: Handler = (socket) => {
    for (const wrong of misuse) {
      try {
        results.push(wrong(socket))
      } catch (error) {
        results.push((error as Error).name)
      }
    }
    echo(socket, undefined)
  }
  const app = await begin({ routes: { '/ws': handler } })
  const client = await app.open({}, clientFrame(1, 'fine'))
  t.equal(await client.readText(), 'fine', 'no stray bytes')
  client.write(BYE)
  t.same(await client.readToEnd(), ['close 1000', 'fin'])
  t.match(results, Array(misuse.length).fill(/TypeError|RangeError/))
})
