import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BrokerProgram, missing, natsCommand, redisCommand } from '../support/broker-program.ts'
import { freePort } from '../support/free-port.ts'
import type { Program } from '../support/program.ts'
import { until } from '../support/until.ts'
import { Client } from '../support/ws-client.ts'
import { runExample } from './run-example.ts'

/** The drain of the example takes three; who waited for a peer that says nothing would take 45. */
const MOST_SECONDS = 30

t.test('over node:cluster', (t) => threeProcesses(t, {}))

t.test('over Redis', { skip: !process.env.CI && missing('redis-server') }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  await threeProcesses(t, { REDIS_URL: `redis://127.0.0.1:${port}` })
})

t.test('over NATS', { skip: !process.env.CI && missing('nats-server') }, async (t) => {
  const { port } = await BrokerProgram.start(t, natsCommand(await freePort()))
  await threeProcesses(t, { NATS_URL: `nats://127.0.0.1:${port}` })
})

async function threeProcesses(t: Test, env: NodeJS.ProcessEnv): Promise<void> {
  const { program, http, ws } = await runExample(t, 'three-processes', env)
  t.teardown(() => {
    for (const pid of running(program)) process.kill(pid, 'SIGKILL')
  })
  t.equal(running(program).length, 3)
  t.match(await (await fetch(http)).text(), '<title>three processes</title>')

  const clients = await connectToAll(ws, 3)
  await hearOneAnother(clients)

  const [[victim, dropped], ...others] = clients
  process.kill(victim, 'SIGKILL')
  t.equal((await dropped.closed).code, 1006)
  await program.printed(new RegExp(`^process ${victim} is gone: SIGKILL$`, 'm'))
  await until('another takes its place', () => running(program).length === 3)
  await hearOneAnother(new Map(others))
  const now = await connectToAll(ws, 3)
  t.notOk(now.has(victim))
  await hearOneAnother(now)

  const pids = running(program)
  const begin = performance.now()
  const code = program.stop()
  for (const client of now.values()) t.equal((await client.closed).code, 1001)
  t.equal(await code, 0)
  t.ok(performance.now() - begin < MOST_SECONDS * 1000, 'within seconds')
  t.same(pids.filter(isAlive), [], 'nothing is left')
  t.equal(program.errors, '')
}

/** A client on each of so many processes, by the processes' ids. */
async function connectToAll(ws: string, count: number): Promise<Map<number, Client>> {
  const clients = new Map<number, Client>()
  while (clients.size < count) {
    const client = await Client.open(`${ws}/chat`)
    const [, pid] = /^you are connected to process (\d+)$/.exec(await said(client)) ?? []
    if (clients.has(Number(pid))) await client.close()
    else clients.set(Number(pid), client)
    await delay(1)
  }
  return clients
}

/** What comes next, but for the notice to whoever came before its process had the broker. */
async function said(client: Client): Promise<string> {
  const line = await client.next()
  return line.startsWith('(the broker was away') ? said(client) : line
}

/** Each says something, and all hear it. */
async function hearOneAnother(clients: ReadonlyMap<number, Client>): Promise<void> {
  for (const [pid, speaker] of clients) {
    speaker.send(`hello from ${pid}`)
    for (const listener of clients.values()) {
      const heard = await said(listener)
      if (heard !== `process ${pid} was told: hello from ${pid}`) throw new Error(`heard: ${heard}`)
    }
  }
}

/** The ids of the processes that the example has now. */
function running(program: Program): number[] {
  const pids = (line: RegExp): number[] => [...program.output.matchAll(line)].map(([, pid]) => Number(pid))
  const gone = new Set(pids(/^process (\d+) is gone/gm))
  return pids(/^process (\d+) is there$/gm).filter((pid) => !gone.has(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
