import { parseArgs } from 'node:util'
import { Chat } from './chat.ts'
import { startExpress } from './express.ts'
import { startFastify } from './fastify.ts'
import { type Site, WS_OPTIONS } from './site.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: process.env.PORT ?? '3000' },
    compression: { type: 'boolean', default: false },
  },
})
const host = values.host
const port = Number(values.port)

/** One chat, two servers: whoever comes by one of them meets whoever came by the other. */
const chat = new Chat()
const sites: Site[] = []
const options = { ...WS_OPTIONS, compression: values.compression && { thresholdBytes: 256 } }

try {
  sites.push(await startExpress(chat, sites, host, port, options))
  sites.push(await startFastify(chat, sites, host, port === 0 ? 0 : port + 1, options))
} catch (error) {
  console.error(`The demo could not start: ${(error as Error).message}\nChoose another port: npm start -- --port 4000`)
  process.exit(1)
}

console.log('\nsockroute demo: one chat, two servers. Open both, they share their rooms.\n')
for (const site of sites) console.log(`  ${site.name}  http://${urlHost(host)}:${site.port}/`)
console.log('\nCtrl+C stops them.\n')

process.once('SIGINT', stop)
process.once('SIGTERM', stop)

/** Ends every connection with a close code that tells the pages to come back soon. Then nothing keeps the process. */
async function stop(): Promise<void> {
  console.log('Closing the connections ...')
  await Promise.all(sites.map((site) => site.close()))
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
