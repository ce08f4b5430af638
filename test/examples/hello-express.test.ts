import t from 'tap'
import { launch, newContext, noBrowser } from '../demo-driver.ts'
import { askUpgrade } from '../support/ask-upgrade.ts'
import { freePort } from '../support/free-port.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

t.test('a page over HTTP, and its WebSocket on the same port', async (t) => {
  const { program, http, ws } = await runExample(t, 'hello-express')
  const page = await (await fetch(http)).text()
  t.match(page, `new WebSocket('${ws}/echo')`, 'the page knows where its WebSocket is')

  const client = await Client.open(`${ws}/echo`, { headers: { origin: http } })
  client.send('hello')
  t.equal(await client.next(), 'world')
  await program.printed(/^client: hello$/m)
  await program.printed(/^pong$/m)
  t.equal((await client.close(1000)).code, 1000)

  t.equal(await program.stop(), 0)
  t.equal(program.errors, '', 'no warning, no error')
})

t.test('the page on one port, and its WebSocket on another', async (t) => {
  const port = await freePort()
  const { program, http } = await runExample(t, 'hello-express', { SOCKET_PORT: String(port) })
  const page = await (await fetch(http)).text()
  const url = `ws://127.0.0.1:${port}/echo`
  t.match(page, `new WebSocket('${url}')`)

  for (const origin of [http, http.replace('127.0.0.1', 'localhost')]) {
    const client = await Client.open(url, { headers: { origin } })
    client.send('hello')
    t.equal(await client.next(), 'world', origin)
    await client.close()
  }
  t.equal(await program.stop(), 0)
})

t.test('the page in a browser, from one port and from two', { skip: noBrowser }, async (t) => {
  const browser = await launch()
  t.teardown(() => browser.close())
  for (const env of [{}, { SOCKET_PORT: String(await freePort()) }]) {
    const { program, http } = await runExample(t, 'hello-express', env)
    const page = await (await newContext(browser)).newPage()
    await page.goto(http.replace('127.0.0.1', 'localhost'))
    await page.getByText('server: world').waitFor()
    await program.printed(/^pong$/m)
    const code = program.stop()
    await page.getByText('closed').waitFor()
    t.equal(await code, 0, 'nothing of the browser keeps it')
  }
})

t.test('pages from elsewhere are refused, and so are paths that nobody declared', async (t) => {
  const { program, http, ws } = await runExample(t, 'hello-express')
  t.equal((await askUpgrade(`${ws}/echo`, { origin: 'https://evil.example' })).status, 403)
  t.equal((await askUpgrade(`${ws}/nowhere`)).status, 404)
  t.equal((await fetch(`${http}/echo`)).status, 404, 'no upgrade asked for: no such page')
  t.equal(await program.stop(), 0)
})

t.test('SIGTERM ends open connections with 1001, and the process', async (t) => {
  const { program, ws } = await runExample(t, 'hello-express')
  const client = await Client.open(`${ws}/echo`)
  const code = program.stop()
  t.equal((await client.closed).code, 1001)
  t.equal(await code, 0)
})
