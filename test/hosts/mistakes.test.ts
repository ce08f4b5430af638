/** Users' mistakes: each is told at once, and the message says what to write instead. On every host alike. */

import { type AppOptions, type Connection, createWebSockets, prepare } from '../../src/index.ts'
import { clientFrame } from '../protocol/wire.ts'
import { type Exchange, echo, type Handler } from './host.ts'
import { onEachHost } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))

type Misuse = [what: string, call: (socket: Connection) => unknown, message: string]

const misuses: Misuse[] = [
  [
    'a number is sent',
    (socket) => socket.send(42 as never),
    'send() takes a string, a Buffer, an ArrayBuffer or a view of one; got a number. Write send(String(value))',
  ],
  [
    'an object is sent',
    (socket) => socket.send({ a: 1 } as never),
    'send() takes a string, a Buffer, an ArrayBuffer or a view of one; got an instance of Object. Write send(JSON.stringify(value))',
  ],
  [
    'a list is sent',
    (socket) => socket.send([1] as never),
    'send() takes a string, a Buffer, an ArrayBuffer or a view of one; got an instance of Array. Write send(JSON.stringify(value))',
  ],
  [
    'nothing is sent',
    (socket) => socket.send(undefined as never),
    'send() takes a string, a Buffer, an ArrayBuffer or a view of one; got undefined',
  ],
  [
    'a promise is sent',
    (socket) => socket.send(Promise.resolve('x') as never),
    'send() takes a string, a Buffer, an ArrayBuffer or a view of one; got an instance of Promise. Write send(await value)',
  ],
  [
    'an object is prepared',
    () => prepare({} as never),
    'prepare() takes a string, a Buffer, an ArrayBuffer or a view of one; got an instance of Object. Write prepare(JSON.stringify(value))',
  ],
  [
    'a close code that is for reports',
    (socket) => socket.close(1006),
    '1006 is not a close code that may be sent; write 1000, or one of your own from 4000 to 4999',
  ],
  [
    'a status of HTTP as a close code',
    (socket) => socket.close(404),
    '404 is not a close code that may be sent; write 1000, or one of your own from 4000 to 4999',
  ],
  [
    'a close code that is a string',
    (socket) => socket.close('1000' as never),
    "a close code is a number; got a string. Write close(1000, 'reason')",
  ],
  [
    'a reason where the code belongs',
    (socket) => socket.close('bye' as never),
    "a close code is a number; got a string. Write close(1000, 'reason')",
  ],
  [
    'a reason that is too long',
    (socket) => socket.close(1000, 'x'.repeat(124)),
    'a close reason has at most 123 bytes; got 124. Send the rest in a message before it',
  ],
  [
    'a reason that is no text',
    (socket) => socket.close(1000, { why: 'x' } as never),
    'close(code, reason): the reason is a string, or bytes of UTF-8; got an instance of Object',
  ],
  [
    'bytes that are no text, as text',
    (socket) => socket.send(Buffer.of(255), { binary: false }),
    'these bytes are not valid UTF-8, so they cannot be sent as text; leave { binary: false } out',
  ],
  ['a ping that is too long', (socket) => socket.ping('x'.repeat(126)), 'ping() takes at most 125 bytes; got 126'],
  [
    'a Blob is asked for',
    (socket) => {
      socket.binaryType = 'blob' as never
    },
    "binaryType is 'nodebuffer' or 'arraybuffer'; got blob",
  ],
]

await onEachHost('what is wrong on a connection is thrown at the caller, and it goes on', async (t, begin) => {
  const handler: Handler = (socket, request) => {
    for (const [what, call, message] of misuses) t.throws(() => call(socket), { message }, what)
    echo(socket, request)
  }
  const app = await begin({ routes: { '/ws': handler } })
  const client = await app.open({}, clientFrame(1, 'fine'), BYE)
  t.same(await client.readToEnd(), ['text fine', 'close 1000', 'fin'])
})

await onEachHost('two who take the messages of one connection are told so', async (t, begin) => {
  const told: string[] = []
  const attempt = (call: () => unknown): void => {
    try {
      call()
    } catch (error) {
      told.push((error as Error).message)
    }
  }
  const handler: Handler = async (socket) => {
    attempt(() => socket[Symbol.asyncIterator]())
    attempt(() => socket.on('message', () => undefined))
    attempt(() => socket[Symbol.asyncIterator]())
    socket.close()
  }
  const app = await begin({ routes: { '/ws': handler } })
  const client = await app.open({}, BYE)
  await client.readToEnd()
  t.match(told, [/either for await or 'message' listeners, not both/, /already: one loop takes its messages/])
})

await onEachHost('a send after the end tells its callback why', async (t, begin) => {
  const told: unknown[] = []
  const tell = (error?: Error | null): void => void told.push(error?.message)
  const ended = new Promise<void>((resolve) => {
    const handler: Handler = (socket) => {
      socket.on('close', () => {
        socket.send('late', tell)
        socket.ping('', false, tell)
        setImmediate(resolve)
      })
      socket.close(4000)
      told.push(socket.send('behind the close', tell))
    }
    void begin({ routes: { '/ws': handler } }).then(async (app) => {
      const client = await app.open({}, clientFrame(8, Buffer.of(15, 160)))
      await client.readToEnd()
      client.end()
    })
  })
  await ended
  const gone = 'the WebSocket is closed (4000): nothing can be sent any more'
  t.same(told, [false, 'the WebSocket is closing: nothing can be sent any more', gone, gone])
})

const wrongOptions: [options: object, message: string | RegExp][] = [
  [{ maxPayload: 1 }, 'sockroute: there is no option maxPayload here; did you mean maxMessageBytes?'],
  [{ pingInterval: 1 }, 'sockroute: there is no option pingInterval here; did you mean pingIntervalMs?'],
  [{ origin: [] }, 'sockroute: there is no option origin here; did you mean origins?'],
  [{ verifyClient: () => true }, /^sockroute: there is no option verifyClient here; the options are maxMessageBytes, /],
  [
    { maxMessageBytes: '1mb' },
    /^sockroute: the option maxMessageBytes takes a whole number of bytes from 1 to \d+, or 'unlimited'; got '1mb'$/,
  ],
  ...[2 ** 60, Infinity, -1, 0, 0.5, NaN].map((value): [object, RegExp] => [
    { maxMessageBytes: value },
    /maxMessageBytes takes a whole number of bytes from 1/,
  ]),
  [{ origins: ['https://app.example/'] }, /origins such as 'https:\/\/app\.example\.com' .*no trailing slash/],
  [{ origins: 'https://app.example' }, /the option origins takes a list of origins/],
  [{ protocols: 'chat' }, /the option protocols takes a list of subprotocol names such as \['chat\.v2'\]/],
]

await onEachHost('A13 a wrong option is refused where it is given, for an app and for a route', async (t, begin) => {
  for (const [options, message] of wrongOptions) {
    const error = { name: 'TypeError', message }
    const app = begin({ routes: { '/ws': echo }, options: options as AppOptions })
    await t.rejects(app, error, JSON.stringify(options))
  }
  t.throws(() => createWebSockets({ maxMessageBytes: 2 ** 60 }), /maxMessageBytes/, 'and nothing has listened')
})

await onEachHost('a response that is used after the 101 says what to use', async (t, begin) => {
  let answer: Exchange['reply'] = () => undefined
  const app = await begin({
    routes: {
      '/ws': {
        hooks: [
          ({ reply }) => {
            answer = reply
          },
        ],
        handler: (socket) => {
          t.throws(() => answer(200, 'hello'), { message: /has become a WebSocket: write socket\.send\(\.\.\.\)/ })
          socket.send('open')
        },
      },
    },
  })
  t.equal(await (await app.open()).readText(), 'open')
})

await onEachHost('an origin that is refused is named in the log, with the host and the option', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.send({ headers: { host: 'api.example', origin: 'https://app.example' } })
  t.equal((await client.readAnswer()).status, 403)
  t.match(app.log, [
    {
      level: 'warn',
      origin: 'https://app.example',
      host: 'api.example',
      message: 'sockroute: origin refused; add it to origins to admit its pages: origins: ["https://app.example"]',
    },
  ])
})

await onEachHost(
  'a subprotocol that was not offered; and no name is told, which may be a token',
  async (t, begin, host) => {
    const errors: unknown[] = []
    const app = await begin({
      routes: { '/ws': { options: { protocols: ([token]) => token.slice(1) }, handler: echo } },
      errorReply: (error) => {
        errors.push(error)
        return [500, '']
      },
    })
    const client = await app.send({ headers: { 'sec-websocket-protocol': 'xs3cret, chat.v2' } })
    t.equal((await client.readHead()).status, 500)
    if (!host.isFramework) errors.push(app.log[0].err)
    t.match(errors, [{ message: /picked a string that is none of the 2 offered/ }])
    t.notMatch(String(errors), /s3cret/)
  },
)

await onEachHost('a handler that is no function is refused, with what to write', async (t, begin, host) => {
  const message = /takes a function as its handler, such as \(socket, request\) => \{ \.\.\. \}; got (object|undefined)/
  for (const handler of [undefined, {}]) {
    const routes = { '/ws': { handler: handler as never } }
    if (host.isFramework) await t.rejects(begin({ routes }), { name: 'TypeError', message })
    else
      t.throws(() => createWebSockets().upgrade({} as never, {} as never, Buffer.alloc(0), handler as never), message)
  }
})
