import { parseArgs } from 'node:util'
import { selfSigned } from '../examples/self-signed.ts'
import { brokerMaker } from './broker.ts'
import { startExpress } from './express.ts'
import { startFastify } from './fastify.ts'
import { type Site, WS_OPTIONS } from './site.ts'

const sites: Site[] = []

try {
  await start()
} catch (error) {
  console.error(`The demo could not start: ${(error as Error).message}`)
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
    console.error('Choose another port: npm start -- --port 4000')
  process.exit(1)
}

process.once('SIGINT', stop)
process.once('SIGTERM', stop)

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: process.env.PORT ?? '3000' },
      compression: { type: 'boolean', default: false },
      http2: { type: 'boolean', default: false },
      redis: { type: 'string' },
      nats: { type: 'string' },
    },
  })
  const { host, redis, nats } = values
  const port = Number(values.port)
  const makeBroker = await brokerMaker({ redis, nats })
  const tls = values.http2 ? selfSigned() : undefined
  const shared = redis !== undefined ? 'Redis' : nats !== undefined ? 'NATS' : undefined

  /** One chat, two servers: whoever comes by one of them meets whoever came by the other. */
  const optionsOf = (name: string, port: number) => ({
    host,
    port,
    via: shared === undefined ? name : `${name} ${port}`,
    sites,
    tls,
    ws: { ...WS_OPTIONS, compression: values.compression && { thresholdBytes: 256 }, broker: makeBroker() },
  })
  sites.push(await startExpress(optionsOf('Express', port)))
  sites.push(await startFastify(optionsOf('Fastify', port === 0 ? 0 : port + 1)))

  const others = shared === undefined ? '' : `, and with every other demo on the same ${shared}`
  const scheme = tls === undefined ? 'http' : 'https'
  console.log(`\nsockroute demo: one chat, two servers. Open both, they share their rooms${others}.\n`)
  for (const site of sites) console.log(`  ${site.name}  ${scheme}://${urlHost(host)}:${site.port}/`)
  console.log('\nWho has logged in sees every connection, and each frame of one, in the inspector:\n')
  for (const site of sites) console.log(`  ${site.name}  ${scheme}://${urlHost(host)}:${site.port}/inspect`)
  if (tls !== undefined) console.log('\nThe certificate is of this run alone: browsers warn, accept it on both.')
  console.log('\nCtrl+C stops them.\n')
}

/** Ends every connection with a close code that tells the pages to come back soon. Then nothing keeps the process. */
async function stop(): Promise<void> {
  console.log('Closing the connections ...')
  await Promise.all(sites.map((site) => site.close()))
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
