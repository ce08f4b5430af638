/** What keeps a process alive: an open client does, and nothing of ours when it has closed. */
import t from 'tap'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/root.ts'

const program = (body: string): string => `
  import { createServer } from 'node:http'
  import { createWebSockets } from '${ROOT}dist/src/index.js'
  import { connect, reconnecting } from '${ROOT}dist/src/client/index.js'
  const ws = createWebSockets()
  const server = createServer().listen(0, '127.0.0.1')
  server.on('upgrade', (request, socket, head) => ws.upgrade(request, socket, head, (it) => {
    it.on('message', (data) => it.send(data.toString()))
  }))
  await new Promise((resolve) => server.once('listening', resolve))
  const url = 'ws://127.0.0.1:' + server.address().port
  const end = () => new Promise((resolve) => server.close(resolve))
  ${body}`

const ROWS: [rule: string, body: string][] = [
  [
    'a client that has closed',
    `const it = await connect(url); it.close(); await it.closed; await ws.close(); await end()`,
  ],
  ['one that was terminated', `const it = await connect(url); it.terminate(); await ws.close(); await end()`],
  ['an attempt that failed', `await ws.close(); await end(); await connect(url).catch(() => console.log('failed'))`],
  [
    'an attempt that was given up',
    `const control = new AbortController(); const it = connect(url, { signal: control.signal }); control.abort()
    await it.catch(() => undefined); await ws.close(); await end()`,
  ],
  [
    'one that comes back no more',
    `await ws.close(); await end(); const it = reconnecting(url)
    it.addEventListener('reconnecting', () => it.close())`,
  ],
]

for (const [rule, body] of ROWS) {
  t.test(`${rule} keeps no process alive`, { timeout: 30_000 }, async (t) => {
    const running = new Program(['--input-type=module', '-e', program(body)], {})
    t.teardown(() => running.stop('SIGKILL'))
    t.equal(await running.ended(), 0, running.errors)
    t.equal(running.errors, '')
  })
}

t.test(
  'an open client that does nothing keeps its process alive, which then ends with it',
  { timeout: 30_000 },
  async (t) => {
    const server = new Program(['--input-type=module', '-e', program(`console.log('at ' + url)`)], {})
    t.teardown(() => server.stop('SIGKILL'))
    const [, url] = await server.printed(/^at (.*)$/m)
    const client = new Program(
      [
        '--input-type=module',
        '-e',
        `import { connect } from '${ROOT}dist/src/client/index.js'
      const it = await connect('${url}')
      it.on('close', (code) => console.log('closed', code))
      process.on('exit', () => console.log('exit'))
      setTimeout(() => console.log('still there'), 500).unref()`,
      ],
      {},
    )
    t.teardown(() => client.stop('SIGKILL'))
    await client.printed(/still there/)
    await server.stop('SIGKILL')
    t.equal(await client.ended(), 0, client.errors)
    t.same(client.output.trim().split('\n'), ['still there', 'closed 1006', 'exit'])
  },
)

t.test('what a listener throws, and nobody takes, is an uncaught exception', { timeout: 30_000 }, async (t) => {
  const body = `const it = await connect(url); it.on('message', () => { throw new Error('from a listener') }); it.send('x')`
  const running = new Program(['--input-type=module', '-e', program(body)], {})
  t.teardown(() => running.stop('SIGKILL'))
  t.equal(await running.ended(), 1)
  t.match(running.errors, /Error: from a listener/)
})
