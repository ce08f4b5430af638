// What topics cost in one process, without the sockets: memory of the index, and time of a publish for each who gets it. Both are to be
// the same for few and for many. Run with --expose-gc.
import { prepare } from '../dist/src/index.js'
import { DEFAULTS } from '../dist/src/options.js'
import { TopicHub } from '../dist/src/topics/topic-hub.js'
import { median } from './bench/statistics.mjs'
import { aligned } from './bench/table.mjs'

/** `[topics, subscribers of each]` */
const SHAPES = [
  [1_000, 1],
  [10_000, 1],
  [100_000, 1],
  [1_000_000, 1],
  [1_000, 10],
  [1_000, 100],
  [1_000, 1_000],
]
const ROUNDS = 5
const DELIVERIES = 200_000

const settings = { ...DEFAULTS, maxTopics: Infinity }
const message = prepare('x'.repeat(128))

/** A socket of which only the topics are there. */
class Subscriber {
  connection = this
  settings = settings
  isOpen = true
  subscriptions = undefined
  topicCharacters = 0
  delivered = 0

  deliver() {
    this.delivered++
    return true
  }
}

function heapBytes() {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** What the index itself costs: names and sockets are there without it. */
function measure(topics, subscribers) {
  const names = Array.from({ length: topics }, (_, at) => Buffer.from(`user:${at}`).toString('latin1')) // flat strings
  // With one each everybody is somebody else, as users are; with many they are the same thousand in each room.
  const sockets = Array.from({ length: subscribers === 1 ? topics : subscribers }, () => new Subscriber())
  const before = heapBytes()
  const hub = new TopicHub({ onLimit() {} })
  for (let at = 0; at < topics; at++) {
    if (subscribers === 1) void hub.subscribe(sockets[at], names[at])
    else for (const socket of sockets) void hub.subscribe(socket, names[at])
  }
  const bytes = (heapBytes() - before) / (topics * subscribers)
  const publishes = Math.max(1, Math.round(DELIVERIES / subscribers))
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const begin = process.hrtime.bigint()
    for (let i = 0; i < publishes; i++) hub.publish(names[(i * 7_919 + round) % topics], message)
    return Number(process.hrtime.bigint() - begin) / (publishes * subscribers)
  })
  const delivered = sockets.reduce((sum, socket) => sum + socket.delivered, 0)
  if (delivered !== ROUNDS * publishes * subscribers) throw new Error(`${delivered} deliveries`)
  return { bytes, ns: median(times) }
}

const rows = SHAPES.map(([topics, subscribers]) => {
  const { bytes, ns } = measure(topics, subscribers)
  return [topics.toLocaleString('en-US'), subscribers.toLocaleString('en-US'), bytes.toFixed(0), ns.toFixed(0)]
})
console.log(aligned([['topics', 'subscribers of each', 'bytes a subscription', 'ns a delivery'], ...rows]))
