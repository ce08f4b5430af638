// A process of its own: honest clients that come, talk, and go. Whatever they miss is a fault of the server's.
import { randomInt } from 'node:crypto'
import { HonestClient } from './honest-client.mjs'
import { RoundTrips } from './round-trips.mjs'

/** New ones are not all opened at once. */
const RAMP_PER_SECOND = 400

const totals = { opened: 0, left: 0, messages: 0, pings: 0, refused: 0, disconnects: 0, missed: 0, wrong: 0 }
const trips = new RoundTrips()
const clients = new Set()
const faults = []
let isOver = false

process.on('disconnect', () => process.exit())
process.on('message', async (message) => {
  if (message.settings) await begin(message.settings)
  else if (message.ask === 'interval') process.send({ id: message.id, ...report(trips.interval()) })
  else if (message.ask === 'end') {
    await end()
    process.send({ id: message.id, ...report(trips.all()) })
  }
})

async function begin(settings) {
  for (let begun = 0; begun < settings.connections && !isOver; begun++) {
    void keep(settings)
    if (begun % 20 === 19) await new Promise((resolve) => setTimeout(resolve, (20 * 1_000) / RAMP_PER_SECOND))
  }
}

/** One after another, in the same place. */
async function keep(settings) {
  while (!isOver) {
    const client = new HonestClient(settings, { totals, trips, fault })
    clients.add(client)
    await client.run()
    clients.delete(client)
    await new Promise((resolve) => setTimeout(resolve, randomInt(20, 200)))
  }
}

/** Everybody gets what is owed to them, and says goodbye. */
async function end() {
  isOver = true
  await Promise.all([...clients].map((client) => client.leave('close')))
}

function report(times) {
  return { totals, times, open: clients.size, faults }
}

function fault(kind, what) {
  totals[kind]++
  if (faults.length < 20) faults.push(`${kind}: ${what}`)
}
