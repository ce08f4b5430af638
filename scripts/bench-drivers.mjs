// What a message costs by each broker's driver: CPU of the publishing and of the receiving process, and its time on the way.
// One topic, 128 bytes, so many under way at once. Run by itself, after the build: node scripts/bench-drivers.mjs
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { end, endAll, program, start } from './children.mjs'

const BYTES = 128
const MESSAGES = 200_000
const WARM_UP = 20_000
const UNDER_WAY = 500

if (cluster.isPrimary) await program(main)
else await work()

async function main() {
  const [redis, nats] = [await freePort(), await freePort()]
  const programs = [
    start('redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '']),
    start('/usr/sbin/nats-server', ['-a', '127.0.0.1', '-p', String(nats)]),
  ]
  await delay(500)
  const { clusterPrimary } = await import('../dist/adapters/cluster.js')
  clusterPrimary()
  console.log('driver    publisher µs    receiver µs    messages/s    p50 ms    p99 ms')
  for (const [name, port] of Object.entries({ redis, nats, cluster: 0 })) {
    const { cpu, seconds, heard } = await measure(name, port)
    const cells = [cpu, heard.cpu, MESSAGES / seconds, heard.p50, heard.p99]
    const digits = [2, 2, 0, 2, 2]
    const widths = [12, 15, 14, 10, 10]
    console.log(name.padEnd(10) + cells.map((cell, i) => cell.toFixed(digits[i]).padStart(widths[i])).join(''))
  }
  await Promise.all(programs.map(end))
  await endAll()
  process.exit()
}

async function measure(name, port) {
  cluster.setupPrimary({ serialization: 'advanced' })
  const fork = async (role) => {
    const worker = cluster.fork({ DRIVER: name, BROKER_PORT: String(port), ROLE: role })
    await told(worker, 'ready')
    return worker
  }
  const receiver = await fork('receiver')
  const heard = told(receiver, 'heard')
  const publisher = await fork('publisher')
  const result = { ...(await told(publisher, 'published')), heard: await heard }
  for (const worker of [receiver, publisher]) worker.kill()
  return result
}

async function told(worker, kind) {
  for (;;) {
    const [message] = await once(worker, 'message')
    if (message[kind] !== undefined) return message[kind]
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function work() {
  const { DRIVER, BROKER_PORT, ROLE } = process.env
  const drivers = {
    redis: async () => (await import('../dist/adapters/redis.js')).redisBroker(`redis://127.0.0.1:${BROKER_PORT}`),
    nats: async () => (await import('../dist/adapters/nats.js')).natsBroker(`nats://127.0.0.1:${BROKER_PORT}`),
    cluster: async () => (await import('../dist/adapters/cluster.js')).clusterBroker(),
  }
  const driver = await drivers[DRIVER]()
  const sink = ROLE === 'receiver' ? receiving() : publishing(driver)
  driver.start({
    onDown: (reason) => console.error(reason),
    async onUp() {
      if (ROLE === 'receiver') await driver.subscribe(['topic'])
      process.send({ ready: true })
      sink.begin?.()
    },
    onMessage: (_topic, envelope) => sink.hear?.(envelope),
  })
}

function receiving() {
  let count = 0
  let cpu
  const waits = []
  return {
    hear(envelope) {
      if (++count === WARM_UP) cpu = process.cpuUsage()
      if (count % 100 === 0) waits.push(now() - Buffer.from(envelope.buffer, envelope.byteOffset, 8).readDoubleLE(0))
      if (count < WARM_UP + MESSAGES) return
      const { user, system } = process.cpuUsage(cpu)
      waits.sort((a, b) => a - b)
      const [p50, p99] = [0.5, 0.99].map((part) => waits[Math.floor(waits.length * part)])
      process.send({ heard: { cpu: (user + system) / MESSAGES, p50, p99 } })
    },
  }
}

function publishing(driver) {
  const envelope = () => {
    const bytes = Buffer.alloc(BYTES, 1)
    bytes.writeDoubleLE(now(), 0)
    return bytes
  }
  const send = (count) => {
    let left = count
    const worker = async () => {
      while (left-- > 0) await driver.publish('topic', envelope())
    }
    return Promise.all(Array.from({ length: UNDER_WAY }, worker))
  }
  return {
    async begin() {
      await send(WARM_UP)
      const [cpu, since] = [process.cpuUsage(), now()]
      await send(MESSAGES)
      const { user, system } = process.cpuUsage(cpu)
      process.send({ published: { cpu: (user + system) / MESSAGES, seconds: (now() - since) / 1000 } })
    },
  }
}

/** The same clock in all processes, in milliseconds. */
function now() {
  return performance.timeOrigin + performance.now()
}
