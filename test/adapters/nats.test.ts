import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { type NatsTarget, natsBroker } from '../../adapters/nats.ts'
import { subjectOf } from '../../adapters/nats-subject.ts'
import { type Peer, Peers } from '../support/broker-contract/peer.ts'
import { type BrokerUnderTest, brokerContract } from '../support/broker-contract.ts'
import { BrokerProgram, missing, natsCommand } from '../support/broker-program.ts'
import { checkBacklog, checkHandles } from '../support/driver-limits.ts'
import { freePort } from '../support/free-port.ts'
import { handles, noMoreHandles } from '../support/handles.ts'
import { holdTime } from '../support/held-time.ts'
import { openLine } from '../support/line.ts'
import { TLS } from './tls.ts'

const PATIENCE_MS = 60_000
/** A broker that is there is given up by nobody, however busy the machine is. */
const PATIENT = { replyTimeoutMs: 60_000 }
const skip = !process.env.CI && missing('nats-server')

const urlOf = (port: number): string => `nats://127.0.0.1:${port}`

/** A server, and how many are subscribed there. */
async function nats(t: Test, ...more: string[]): Promise<BrokerProgram & { subscriptions(): Promise<number> }> {
  const monitorPort = await freePort()
  const program = await BrokerProgram.start(t, natsCommand(monitorPort, ...more))
  const subscriptions = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/subsz`)
    const { num_subscriptions: count } = (await response.json()) as { num_subscriptions: number }
    return count
  }
  return Object.assign(program, { subscriptions })
}

/** The settings file of a server that needs one. */
async function natsOf(t: Test, settings: string): Promise<BrokerProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-nats-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [file, content] of Object.entries({ 'cert.pem': TLS.cert, 'key.pem': TLS.key, 'nats.conf': settings })) {
    writeFileSync(join(folder, file), content.replaceAll('FOLDER', folder))
  }
  return nats(t, '-c', join(folder, 'nats.conf'))
}

async function heard(t: Test, target: NatsTarget): Promise<Peer[]> {
  const peers = new Peers({ create: () => natsBroker(target) }, PATIENCE_MS)
  t.teardown(() => peers.close())
  const [publisher, receiver] = await peers.up(2)
  await receiver.driver.subscribe(['topic'])
  await publisher.publish('topic', 'heard')
  await receiver.until('heard', () => receiver.on('topic').length === 1)
  return [publisher, receiver]
}

t.test('nats-server', { skip }, async (t) => {
  const server = await nats(t)
  const broker: BrokerUnderTest = {
    create: () => natsBroker(urlOf(server.port), PATIENT),
    subscriptions: () => server.subscriptions(),
    stop: () => server.kill(),
    start: () => server.start(),
    async createOnLine() {
      const line = await openLine(t, server.port)
      const { replyTimeoutMs, ...time } = holdTime()
      return { driver: natsBroker(urlOf(line.port), { replyTimeoutMs }), line, ...time }
    },
  }
  brokerContract(t, 'nats', broker)

  t.test('what a driver publishes does not come back to it', async (t) => {
    const [publisher, receiver] = await heard(t, urlOf(server.port))
    await publisher.driver.subscribe(['topic'])
    await publisher.publish('topic', 'again')
    await receiver.until('again', () => receiver.on('topic').length === 2)
    t.same(publisher.on('topic'), [])
  })

  t.test('the connection of a user gives its settings, and goes on with what it does', async (t) => {
    const connection = await connect({ servers: urlOf(server.port), name: 'the app' })
    t.teardown(() => connection.close())
    await heard(t, connection)
    t.notOk(connection.isClosed())
    await connection.flush()
  })
})

t.test('the server’s own limit counts, and is told with each connection', { skip }, async (t) => {
  const server = await natsOf(t, 'max_payload: 1000')
  const [publisher, receiver] = await heard(t, urlOf(server.port))
  t.equal(publisher.driver.maxPayloadBytes, 1000)
  await t.rejects(publisher.driver.publish('topic', Buffer.alloc(1001)), RangeError)
  await publisher.driver.publish('topic', Buffer.alloc(1000))
  await receiver.until('the largest', () => receiver.heard.length === 2)
})

t.test('passwords and TLS are the client’s own settings', { skip }, async (t) => {
  const server = await natsOf(
    t,
    `authorization { user: app, password: secret }
     tls { cert_file: "FOLDER/cert.pem", key_file: "FOLDER/key.pem" }`,
  )
  const settings = { servers: urlOf(server.port), tls: { rejectUnauthorized: false }, user: 'app' }
  await heard(t, { ...settings, pass: 'secret' })
  const wrong = new Peers({ create: () => natsBroker({ ...settings, pass: 'wrong' }) }, PATIENCE_MS)
  t.teardown(() => wrong.close())
  const peer = await wrong.started()
  await peer.until('down', () => peer.states.length > 0)
  t.match(peer.reasons[0].message, /nats cannot be reached: .*authorization/i)
})

t.test('what the server does not permit is rejected, and nothing else', { skip }, async (t) => {
  const server = await natsOf(
    t,
    `authorization { users: [{
       user: app, password: x,
       permissions: { publish: "sockroute.open", subscribe: { deny: "sockroute.secret" } }
     }] }`,
  )
  const settings = { servers: urlOf(server.port), user: 'app', pass: 'x' }
  const peers = new Peers({ create: () => natsBroker(settings) }, PATIENCE_MS)
  t.teardown(() => peers.close())
  const [publisher, receiver] = await peers.up(2)
  await t.rejects(receiver.driver.subscribe(['secret']), /permissions violation/i)
  await receiver.driver.subscribe(['open', 'closed'])
  for (let round = 0; round < 3; round++) {
    const results = await Promise.allSettled(
      ['open', 'closed', 'open', 'closed'].map((topic) => publisher.publish(topic, String(round))),
    )
    t.same(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    )
  }
  await receiver.until('all of the open ones', () => receiver.on('open').length === 6)
  t.same([publisher.states, receiver.states, receiver.on('closed')], [['up'], ['up'], []])
})

t.test('any of several servers will do', { skip }, async (t) => {
  const server = await nats(t)
  await heard(t, { servers: [urlOf(await freePort()), urlOf(server.port), urlOf(await freePort())] })
})

t.test('a server that says nothing is given up, and nothing of it is left', async (t) => {
  const before = handles()
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket.resume().on('error', () => undefined))).listen(
    0,
    '127.0.0.1',
  )
  await once(silent, 'listening')
  const url = urlOf((silent.address() as AddressInfo).port)
  const peers = new Peers({ create: () => natsBroker(url, { replyTimeoutMs: 50 }) }, PATIENCE_MS)
  const peer = await peers.started()
  await peer.until('down', () => peer.states.length > 0)
  while (sockets.length < 3) await once(silent, 'connection')
  t.same(peer.states, ['down'], 'told once, however often it is tried')
  await peers.close()
  silent.close()
  await noMoreHandles(before)
  t.pass('no handle is left')
})

t.test('what waits for a line that carries nothing is bounded', { skip }, async (t) => {
  const server = await nats(t)
  await checkBacklog(t, server.port, (line, options) => natsBroker(urlOf(line), options))
})

t.test('close leaves no handle open, whenever it comes', { skip }, async (t) => {
  const server = await nats(t)
  await checkHandles(t, () => natsBroker(urlOf(server.port)))
})

t.test('a subject is read as its topic, where it can be', async (t) => {
  const cases: [topic: string, subject: string][] = [
    ['room', 'app.room'],
    ['room:1', 'app.room%3A1'],
    ['a.b', 'app.a%2Eb'],
    ['*', 'app.%2A'],
    ['>', 'app.%3E'],
    [' ', 'app.%20'],
    ['é', 'app.%C3%A9'],
    ['', 'app.sha256.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
  ]
  for (const [topic, subject] of cases) t.equal(subjectOf('app.', topic), subject)
  const long = subjectOf('app.', '日'.repeat(100))
  t.match(long, /^app\.sha256\.[\w-]{43}$/)
  t.not(subjectOf('app.', '日'.repeat(101)), long)
})

t.test('what cannot be right is thrown at once', async (t) => {
  const cases: [what: string, target: unknown, options: object, message: RegExp][] = [
    ['an unknown option', urlOf(1), { sharded: true }, /no option sharded/],
    ['a prefix with a wildcard', urlOf(1), { prefix: 'a.*' }, /prefix takes/],
    ['a prefix with an empty token', urlOf(1), { prefix: 'a..b.' }, /prefix takes/],
    ['a prefix that another may go on with', urlOf(1), { prefix: 'app' }, /a dot behind it/],
    ['a prefix that is what a hash stands behind', urlOf(1), { prefix: 'app.sha256.' }, /prefix takes/],
    ['an empty URL', '', {}, /takes a URL such as 'nats:/],
    ['nothing', null, {}, /takes a URL/],
    ['a URL of another kind', 'http://localhost:4222', {}, /write nats:/],
    ['one of several', { servers: ['nats://a', 'redis://b'] }, {}, /redis: is no scheme of NATS/],
    ['settings of another client', { host: 'localhost' }, {}, /servers/],
    ['a connection without settings', { publish: () => undefined }, {}, /settings/],
  ]
  for (const [what, target, options, message] of cases) {
    t.throws(() => natsBroker(target as NatsTarget, options), { name: 'TypeError', message }, what)
  }
})
