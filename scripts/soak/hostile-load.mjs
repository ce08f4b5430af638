// A process of its own: hostile clients. Each slot has a list of attacks, or all, and makes one after another, in turn.
import { setTimeout as delay } from 'node:timers/promises'
import { ATTACKS } from './attacks.mjs'

/** In milliseconds. An attack that has been answered by the end of its connection is over sooner. */
const REST_MS = 50
/** Slots begin with different attacks, so that few of them make all kinds soon. */
const SPREAD = 4
const made = Object.fromEntries(Object.keys(ATTACKS).map((name) => [name, 0]))
const slots = []
const faults = []
let isOver = false
const stopped = new AbortController()

process.on('disconnect', () => process.exit())
process.on('message', (message) => {
  if (message.settings) begin(message.settings)
  else if (message.ask === 'end') void end().then(() => process.send({ id: message.id, made, faults }))
})

function begin(settings) {
  for (const [index, names] of settings.slots.entries())
    slots.push(attack(index, names ?? Object.keys(ATTACKS), settings))
}

async function end() {
  isOver = true
  stopped.abort()
  await Promise.all(slots)
}

async function attack(index, names, { port, turnMs }) {
  for (let turn = index * SPREAD; !isOver; turn++) {
    const name = names[turn % names.length]
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(turnMs)])
    const fault = await ATTACKS[name](port, signal)
    made[name]++
    if (fault && faults.length < 20) faults.push(`${name}: ${fault}`)
    await delay(REST_MS)
  }
}
