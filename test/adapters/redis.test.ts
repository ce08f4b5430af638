import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, RESP_TYPES } from 'redis'
import t, { type Test } from 'tap'
import { type RedisBrokerOptions, type RedisTarget, redisBroker } from '../../adapters/redis.ts'
import { type Peer, Peers } from '../support/broker-contract/peer.ts'
import { type BrokerUnderTest, brokerContract } from '../support/broker-contract.ts'
import { BrokerProgram, missing, redisCommand } from '../support/broker-program.ts'
import { checkBacklog, checkHandles } from '../support/driver-limits.ts'
import { handles, noMoreHandles } from '../support/handles.ts'
import { holdTime } from '../support/held-time.ts'
import { openLine } from '../support/line.ts'
import { TLS } from './tls.ts'

/** A broker that is there is given up by nobody, however busy the machine is. */
const PATIENT = { replyTimeoutMs: 60_000 }
const PATIENCE_MS = 60_000

/** A Redis, and drivers for it. `targetOf` makes what a driver is given out of a port. */
async function redis(
  t: Test,
  command: (port: number) => string[],
  targetOf: (port: number) => RedisTarget,
  options: RedisBrokerOptions = {},
): Promise<BrokerUnderTest> {
  const program = await BrokerProgram.start(t, command)
  return {
    create: () => redisBroker(targetOf(program.port), { ...options, ...PATIENT }),
    subscriptions: () => subscriptionsAt(program.port),
    stop: () => program.kill(),
    start: () => program.start(),
    async createOnLine() {
      const line = await openLine(t, program.port)
      const { replyTimeoutMs, ...time } = holdTime()
      return { driver: redisBroker(targetOf(line.port), { ...options, replyTimeoutMs }), line, ...time }
    },
  }
}

async function subscriptionsAt(port: number): Promise<number> {
  const client = await createClient({ url: urlOf(port), RESP: 2 }).connect()
  const channels = await client.pubSubChannels()
  const counts = await client.pubSubNumSub(channels)
  client.destroy()
  return Object.values(counts).reduce((sum, count) => sum + Number(count), 0)
}

const urlOf = (port: number): string => `redis://127.0.0.1:${port}`

for (const program of ['redis-server', 'valkey-server'] as const) {
  const isOptional = !process.env.CI || program === 'valkey-server' // which not every Debian has
  t.test(program, { skip: isOptional && missing(program) }, async (t) => {
    brokerContract(t, program, await redis(t, redisCommand(program), urlOf))
  })
}

const skip = !process.env.CI && missing('redis-server')

/** One that publishes and one that hears it, however they came to be. */
async function heard(t: Test, target: RedisTarget, options: RedisBrokerOptions = {}): Promise<Peer[]> {
  const peers = new Peers({ create: () => redisBroker(target, options) }, PATIENCE_MS)
  t.teardown(() => peers.close())
  const [publisher, receiver] = await peers.up(2)
  await receiver.driver.subscribe(['topic'])
  t.equal(await publisher.publish('topic', 'heard'), 1)
  await receiver.until('heard', () => receiver.on('topic').length === 1)
  return [publisher, receiver]
}

t.test('a server without RESP3', { skip }, async (t) => {
  const old = await redis(t, redisCommand('redis-server', '--rename-command', 'HELLO', ''), urlOf)
  brokerContract(t, 'RESP2', old)
})

t.test('without RESP3, the two connections end together', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server', '--rename-command', 'HELLO', ''))
  const admin = await createClient({ url: urlOf(port), RESP: 2 }).connect()
  t.teardown(() => admin.destroy())
  const [, receiver] = await heard(t, urlOf(port))
  const kinds = ['PUBSUB', 'NORMAL'] as const
  for (const [index, kind] of kinds.entries()) {
    await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes'])
    await receiver.until('down', () => receiver.states.length >= 2 * index + 2)
    await receiver.until('up', () => receiver.states.length === 2 * index + 3)
    t.equal(await receiver.publish('topic', 'nobody has it'), 0)
  }
})

t.test('passwords and TLS are the client’s own settings', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-redis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(cert, TLS.cert)
  writeFileSync(key, TLS.key)
  const tls = (port: number): string[] => [
    ...redisCommand('redis-server', '--requirepass', 'secret', '--port', '0', '--tls-port', String(port))(port),
    ...Object.entries({ cert, key, 'ca-cert': cert }).flatMap(([what, file]) => [`--tls-${what}-file`, file]),
    '--tls-auth-clients',
    'no',
  ]
  const { port } = await BrokerProgram.start(t, tls)
  const socket = { tls: true, host: '127.0.0.1', port, rejectUnauthorized: false } as const
  await heard(
    t,
    { url: `rediss://:secret@127.0.0.1:${port}`, socket: { tls: true, rejectUnauthorized: false } },
    { prefix: 'url:' },
  )
  await heard(t, { password: 'secret', socket }, { prefix: 'settings:' })
  const client = createClient({ password: 'secret', socket })
  await heard(t, client)
  t.notOk(client.isOpen, 'the user’s client is not touched')

  const wrong = new Peers({ create: () => redisBroker({ password: 'wrong', socket }) }, PATIENCE_MS)
  t.teardown(() => wrong.close())
  const peer = await wrong.started()
  await peer.until('down', () => peer.states.length > 0)
  t.match(peer.reasons[0].message, /redis cannot be reached: WRONGPASS/)
})

t.test('the user’s client goes on with what it does', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  const client = await createClient({
    url: urlOf(port),
    commandOptions: { typeMapping: { [RESP_TYPES.NUMBER]: String } },
  })
    .on('error', (error) => t.fail(error))
    .connect()
  t.teardown(() => client.destroy())
  await heard(t, client, { prefix: 'app:' })
  await client.set('key', 'value')
  t.equal(await client.get('key'), 'value')
  t.same(await client.pubSubChannels(), ['app:{}:topic'])
})

t.test('prefixes keep apps apart', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  const [one] = await heard(t, urlOf(port), { prefix: 'one:' })
  for (const prefix of ['two:', 'one:two:', 'öne:', '']) {
    const [, other] = await heard(t, urlOf(port), { prefix })
    t.equal(await one.publish('topic', 'not for others'), 1)
    t.equal(await one.publish('two:topic', 'whatever a peer calls a topic'), 0)
    t.same(other.on('topic'), ['heard'], prefix)
  }
})

t.test('a channel that is not the user’s is refused, and no other with it', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  const admin = await createClient({ url: urlOf(port) }).connect()
  t.teardown(() => admin.destroy())
  await admin.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>pw', '+@all', 'resetchannels', '&sockroute:{}:room*'])
  const peers = new Peers({ create: () => redisBroker(`redis://app:pw@127.0.0.1:${port}`) }, PATIENCE_MS)
  t.teardown(() => peers.close())
  const [{ driver, states }] = await peers.up(1)
  const calls = [['room 1'], ['secret'], ['room 2', 'room 3']].map((topics) => driver.subscribe(topics))
  const outcomes = await Promise.allSettled(calls)
  t.same(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.equal(await driver.publish('room 3', Buffer.alloc(1)), 1)
  await t.rejects(driver.publish('secret', Buffer.alloc(1)), /NOPERM/)
  t.same(states, ['up'])
})

t.test('a subscriber that the server cut off, since it had fallen behind, is told', { skip }, async (t) => {
  const limit = ['--client-output-buffer-limit', 'pubsub 1mb 1mb 1']
  const program = await BrokerProgram.start(t, redisCommand('redis-server', ...limit))
  const line = await openLine(t, program.port)
  const peers = new Peers({ create: () => redisBroker(urlOf(line.port)) }, PATIENCE_MS)
  const [publisher] = await heard(t, urlOf(program.port))
  t.teardown(() => peers.close())
  const [behind] = await peers.up(1)
  await behind.driver.subscribe(['flood'])
  line.stall()
  const large = Buffer.alloc(1_000_000)
  while ((await publisher.driver.publish('flood', large)) === 1);
  line.heal()
  await behind.until('up again', () => behind.states.length === 3)
  t.same(behind.states, ['up', 'down', 'up'])
})

t.test('a server that says nothing is given up, and nothing of it is left', async (t) => {
  const before = handles()
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket.resume().on('error', () => undefined))).listen(
    0,
    '127.0.0.1',
  )
  await once(silent, 'listening')
  const peers = new Peers(
    { create: () => redisBroker(urlOf((silent.address() as AddressInfo).port), { replyTimeoutMs: 50 }) },
    PATIENCE_MS,
  )
  const peer = await peers.started()
  await peer.until('down', () => peer.states.length > 0)
  t.match(peer.reasons[0].message, /no connection within 50 ms/)
  while (sockets.length < 3) await once(silent, 'connection')
  t.same(peer.states, ['down'], 'told once, however often it is tried')
  await peers.close()
  silent.close()
  await noMoreHandles(before)
  t.pass('no handle is left')
})

t.test('what waits for a line that carries nothing is bounded', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  await checkBacklog(t, port, (line, options) => redisBroker(urlOf(line), options))
})

t.test('close leaves no handle open, whenever it comes', { skip }, async (t) => {
  const { port } = await BrokerProgram.start(t, redisCommand('redis-server'))
  await checkHandles(t, () => redisBroker(urlOf(port)))
})

t.test('what cannot be right is thrown at once', async (t) => {
  const cluster = { rootNodes: [{ url: urlOf(1) }] }
  const cases: [what: string, target: unknown, options: object, message: RegExp][] = [
    ['a URL of another kind', 'http://localhost', {}, /http/],
    ['no URL', 'localhost', {}, /URL/],
    ['an empty one', '', {}, /takes a URL such as 'redis:.*got ''/],
    ['nothing', null, {}, /takes a URL .*got null/],
    ['a number', 6379, {}, /takes a URL .*got 6379/],
    ['a list', [urlOf(1)], {}, /takes a URL/],
    ['settings of another client', { host: 'redis.example.com' }, {}, /socket: \{ socket: \{ host, port \} \}/],
    ['another client', { duplicate: () => ({}), options: { host: 'x', port: 1 } }, {}, /socket: \{/],
    ['an unknown option', urlOf(1), { perfix: 'x' }, /no option perfix/],
    ['a prefix with a brace', urlOf(1), { prefix: 'a{' }, /prefix takes/],
    ['no partitions', urlOf(1), { sharded: true, partitions: 0 }, /partitions takes/],
    ['a time that is none', urlOf(1), { replyTimeoutMs: '5s' }, /replyTimeoutMs takes/],
    ['a cluster that is not sharded', cluster, {}, /sharded: true/],
    ['a cluster without nodes', { rootNodes: [] }, { sharded: true }, /no node/],
  ]
  for (const [what, target, options, message] of cases) {
    t.throws(() => redisBroker(target as RedisTarget, options), { name: 'TypeError', message }, what)
  }
  const driver = redisBroker(urlOf(1))
  const sink = { onMessage: () => undefined, onUp: () => undefined, onDown: () => undefined }
  driver.start(sink)
  t.throws(() => driver.start(sink), { name: 'TypeError', message: /make one for each app/ }, 'to start twice')
  await driver.close()
})
