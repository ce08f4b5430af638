import { connect } from 'node:net'
import t from 'tap'
import { askUpgrade } from '../support/ask-upgrade.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('routing by URL', async (t) => {
  const { program, http, ws } = await runExample(t, 'node-http')
  t.match(await (await fetch(http)).text(), '/echo')

  const echo = await Client.open(`${ws}/echo?anything`)
  echo.send('one')
  echo.send('two')
  t.equal(await echo.next(), 'one')
  t.equal(await echo.next(), 'two')
  t.equal((await echo.close(1000)).code, 1000)

  for (const path of ['/', '/nowhere', '/echo/', '//']) t.equal((await askUpgrade(`${ws}${path}`)).status, 404, path)
  t.equal(await program.stop(), 0)
})

t.test('the hook replies before anything is upgraded', async (t) => {
  const { program, ws } = await runExample(t, 'node-http')
  for (const path of ['/time', '/time?key=guess']) {
    const answer = await askUpgrade(`${ws}${path}`)
    t.equal(answer.status, 401)
    t.same(JSON.parse(answer.body), { error: 'a key is needed' })
  }
  const client = await Client.open(`${ws}/time?key=open-sesame`)
  const [first, second] = [await client.next(), await client.next()]
  t.ok(Date.parse(second) > Date.parse(first), 'the time goes on')

  const code = program.stop()
  t.equal((await client.closed).code, 1001)
  t.equal(await code, 0)
})

t.test('no request target harms the server', async (t) => {
  const { program, http, ws } = await runExample(t, 'node-http')
  const { hostname, port } = new URL(http)
  for (const target of ['*', 'http://[', '//', '?', '%', 'http://x:99999/']) {
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`)
    socket.end('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve).resume())
  }
  t.ok(program.isRunning)
  t.equal((await askUpgrade(`${ws}/echo`)).status, 101)
  t.equal(await program.stop(), 0)
})
