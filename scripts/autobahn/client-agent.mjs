// Our client as the suite's tested agent: echoes whatever the fuzzing server sends, one case after the other.
import { parseArgs } from 'node:util'
import { connect, WebSocket } from '../../dist/src/client/index.js'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    agent: { type: 'string' },
    compression: { type: 'boolean', default: false },
    'context-takeover': { type: 'boolean', default: false },
  },
})

const isCompressed = values.compression || values['context-takeover']

/** 16 MiB is the suite's largest message; 9.3.1 and 9.4.1 cut 4 MiB into pieces of 64 bytes. Compressed is every message. */
const OPTIONS = {
  maxMessageBytes: 16 << 20,
  maxFragments: 1 << 17,
  compression: isCompressed && { contextTakeover: values['context-takeover'], thresholdBytes: 0 },
}

await main()

async function main() {
  const count = await caseCount()
  for (let number = 1; number <= count; number++) await runCase(`/runCase?case=${number}&agent=${values.agent}`)
  await runCase(`/updateReports?agent=${values.agent}`)
}

async function caseCount() {
  const socket = await connect(`${values.url}/getCaseCount`)
  for await (const count of socket) return Number(count)
  throw new Error('the fuzzing server does not say how many cases there are')
}

/** What breaks the protocol on purpose ends as it should: the suite judges. An attempt that fails is no case. */
async function runCase(path) {
  const socket = new WebSocket(values.url + path, OPTIONS)
  let opened = false
  socket.on('open', () => {
    opened = true
  })
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
  const failed = new Promise((resolve) => socket.on('error', resolve))
  await socket.closed
  if (!opened) throw await failed
}
