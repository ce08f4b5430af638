import t from 'tap'
import { freePort } from '../support/free-port.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

const ENV = { NOTICE_MS: '500', SPREAD_MS: '0', DEADLINE_MS: '2000' }
const CONNECTIONS = 100

t.test('figures, probes, and a file descriptor for each connection', async (t) => {
  const port = await freePort()
  const { http, ws } = await runExample(t, 'in-production', { ...ENV, METRICS_PORT: String(port) })
  const figure = async (name: string): Promise<number> => {
    const scrape = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Number(scrape.match(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm'))?.[1])
  }
  for (const path of ['/ready', '/alive']) t.equal((await fetch(http + path)).status, 200)
  const before = await figure('process_open_fds')
  const clients: Client[] = []
  while (clients.length < CONNECTIONS) clients.push(await Client.open(`${ws}/rooms/lobby`))
  t.equal(await figure('sockroute_connections'), CONNECTIONS)
  const taken = (await figure('process_open_fds')) - before
  t.ok(taken >= CONNECTIONS && taken <= CONNECTIONS + 2, `one each: ${taken}`) // and one of the scrape's, perhaps
  t.equal((await fetch(`${http}/metrics`)).status, 404, 'the world sees no figures')
  for (const { socket } of clients) socket.close()
  await Promise.all(clients.map(({ closed }) => closed))
})

t.test('before it leaves it says so, and still takes who comes', async (t) => {
  const { program, http, ws } = await runExample(t, 'in-production', { ...ENV, METRICS_PORT: '0' })
  const client = await Client.open(`${ws}/rooms/lobby`)
  t.equal(await client.next(), 'welcome to lobby, 127.0.0.1')
  const exit = program.stop()
  await program.printed(/^leaving in 500 ms, with 1 connections$/m)
  t.equal((await fetch(`${http}/ready`)).status, 503)
  t.equal((await fetch(`${http}/alive`)).status, 200)
  const late = await Client.open(`${ws}/rooms/lobby`)
  t.match(await late.closed, { code: 1012, wasClean: true })
  t.match(await client.closed, { code: 1012, wasClean: true })
  t.equal(await exit, 0, 'by itself')
  t.equal(program.errors, '')
})
