/**
 * Several processes on one broker that loses, repeats, stalls and dies, and the account of every message: for each socket that
 * is subscribed until the end, what others published is delivered, or was rejected, or lies in a gap that the socket was told of.
 */

import fc from 'fast-check'
import t from 'tap'
import type { Connection } from '../../src/connection.ts'
import { HEADER_BYTES } from '../../src/topics/envelope.ts'
import type { TopicGap } from '../../src/topics/topics.ts'
import { FakeClock } from '../support/clock.ts'
import { holds, runs } from '../support/holds.ts'
import { MemoryBroker } from '../support/memory-broker.ts'
import { type NodeSocket, pass, startNode, type TopicNode } from '../support/topic-node.ts'

const RUNS = 300
const NODES = 3
const TOPICS = ['a', 'b', 'c']
const KINDS = [
  ...Array(12).fill('publish'),
  ...Array(4).fill('subscribe'),
  ...Array(4).fill('wait'),
  'unsubscribe',
  'leave',
  'lose',
  'repeat',
  'carry',
  'stop',
  'start',
  'cut',
  'stall',
  'heal',
  'crash',
] as const
type Kind = (typeof KINDS)[number]

interface Step {
  readonly kind: Kind
  readonly node: number
  readonly socket: number
  readonly topic: number
  readonly ms: number
}

interface Message {
  readonly text: string
  readonly node: number
  readonly topic: string
  readonly at: number
  readonly number: number
  readonly except: Connection | undefined
  isRejected: boolean
}

/** A socket's stay in a topic: what is published from `since` on is to be accounted for. */
interface Stay {
  since: number
}

interface Member extends NodeSocket {
  readonly node: number
  readonly gaps: TopicGap[]
  readonly stays: Map<string, Stay>
}

class Simulation {
  readonly broker = new MemoryBroker({ clock: new FakeClock(0), delayMs: 2 })
  readonly nodes: TopicNode[] = []
  readonly members: Member[] = []
  readonly messages: Message[] = []
  readonly events: string[][] = []
  readonly #lost = new Set<string>()
  #isRepeating = false

  async begin(): Promise<void> {
    this.broker.fate = (envelope, isKnown) => {
      const isLost = isKnown && this.#lost.has(Buffer.from(envelope).toString('utf8', HEADER_BYTES))
      return isLost ? 'is lost' : this.#isRepeating ? 'comes twice' : 'arrives'
    }
    for (let at = 0; at < NODES; at++) this.#start(at)
    for (let at = 0; at < 2 * NODES; at++) this.members.push(this.#join(at % NODES))
    for (const [at, member] of this.members.entries()) this.#subscribe(member, TOPICS[at % TOPICS.length])
    for (const member of this.members) this.#subscribe(member, TOPICS[0])
    await pass(this.broker.clock, 20)
  }

  async run({ kind, node, socket, topic: at, ms }: Step): Promise<void> {
    const [topic, member, { driver }] = [TOPICS[at], this.members[socket], this.nodes[node]]
    if (kind === 'publish') this.publish(node, topic, ms % 2 === 0 ? member : undefined)
    else if (kind === 'subscribe') this.#subscribe(member, topic)
    else if (kind === 'unsubscribe') this.#unsubscribe(member, topic)
    else if (kind === 'leave') this.#leave(socket)
    else if (kind === 'lose') await this.#lose(node, topic, 1 + (ms % 3))
    else if (kind === 'repeat') this.#isRepeating = true
    else if (kind === 'carry') this.#isRepeating = false
    else if (kind === 'stop') this.broker.stop()
    else if (kind === 'start') this.broker.start()
    else if (kind === 'cut') driver.cut('cut')
    else if (kind === 'stall') driver.stall()
    else if (kind === 'heal') driver.heal()
    else if (kind === 'crash') await this.#crash(node)
    else await pass(this.broker.clock, ms, Math.max(1, ms / 20))
    await pass(this.broker.clock, ms % 3)
  }

  /** All is well again, and a last message on each topic shows what was lost before it. */
  async end(): Promise<void> {
    for (const { driver } of this.nodes) driver.heal()
    if (!this.broker.isUp) this.broker.start()
    await pass(this.broker.clock, 20_000, 100)
    for (let node = 0; node < NODES; node++) for (const topic of TOPICS) this.publish(node, topic)
    await pass(this.broker.clock, 2_000, 20)
  }

  publish(node: number, topic: string, member?: Member): string {
    const number = this.messages.length
    const from = member?.node ?? node
    const text = `${from} ${topic} ${number}`
    const at = this.broker.clock.now()
    const message: Message = { text, node: from, topic, at, number, except: member?.socket, isRejected: false }
    this.messages.push(message)
    void this.nodes[from].topics.publishConfirmed(topic, text, { except: member?.socket }).catch(() => {
      message.isRejected = true
    })
    return text
  }

  /** What is wrong, if anything is. */
  faults(): string[] {
    const faults = this.members.flatMap((member) => [...this.#missing(member), ...this.#disorder(member)])
    for (const [at, { view, driver }] of this.nodes.entries()) {
      const { published, relayed, rejected } = view.counts
      if (published !== relayed + rejected) faults.push(`node ${at} counts ${published} = ${relayed} + ${rejected}`)
      if (view.state !== 'up') faults.push(`node ${at} is ${view.state}`)
      const pairs = this.events[at].join()
      if (!/^(degraded,restored,?)*$/.test(pairs)) faults.push(`node ${at} tells ${pairs}`)
      const has = TOPICS.filter((topic) => driver.subscribed.has(topic)).join()
      const wants = TOPICS.filter((topic) => view.count(topic) > 0).join()
      if (has !== wants) faults.push(`node ${at} has ${has}, and wants ${wants}`)
    }
    return faults
  }

  async close(): Promise<void> {
    const closing = this.nodes.map(({ hub }) => hub.close())
    await pass(this.broker.clock, 3_000, 100)
    await Promise.all(closing)
  }

  #start(at: number): void {
    const node = startNode({}, this.broker)
    const events: string[] = []
    node.view.on('degraded', () => events.push('degraded'))
    node.view.on('restored', () => events.push('restored'))
    this.events[at] = events
    this.nodes[at] = node
  }

  /** The process is gone without a word, with its sockets; another takes its place. */
  async #crash(at: number): Promise<void> {
    await this.nodes[at].driver.close()
    this.#start(at)
    for (const [place, { node }] of this.members.entries()) if (node === at) this.members[place] = this.#join(at)
  }

  #join(node: number): Member {
    const gaps: TopicGap[] = []
    const opened = this.nodes[node].open({ onGap: (_, gap) => void gaps.push(gap) })
    return { ...opened, node, gaps, stays: new Map() }
  }

  #subscribe({ socket, stays }: Member, topic: string): void {
    if (stays.has(topic)) return
    const { clock } = this.broker
    const stay: Stay = { since: clock.now() }
    stays.set(topic, stay)
    // What was published before it fulfils is nobody's promise; unless it is false, and all the rest is a gap.
    void socket.subscribe(topic).then((isDone) => {
      if (isDone) stay.since = clock.now()
    })
  }

  #unsubscribe({ socket, stays }: Member, topic: string): void {
    stays.delete(topic)
    socket.unsubscribe(topic)
  }

  /** Lost in silence; the next one shows it. An outage in between would hide it: the probe has come back. */
  async #lose(node: number, topic: string, count: number): Promise<void> {
    for (let left = count; left > 0; left--) this.#lost.add(this.publish(node, topic))
    this.publish(node, topic)
    await pass(this.broker.clock, 10)
  }

  #leave(at: number): void {
    const { socket, node } = this.members[at]
    socket.terminate()
    this.members[at] = this.#join(node)
  }

  #missing({ node, socket, peer, gaps, stays }: Member): string[] {
    const seen = new Set(peer.log)
    const isExplained = ({ at, topic, ...message }: Message): boolean => {
      const isKnown = gaps.some(({ topics, from, to }) => topics.includes(topic) && from <= at && at <= to)
      return (message.node !== node && (message.isRejected || isKnown)) || message.except === socket
    }
    return this.messages
      .filter((message) => message.at > (stays.get(message.topic)?.since ?? Infinity) && !isExplained(message))
      .filter(({ text }) => !seen.has(`text ${text}`))
      .map(({ text, at }) => `"${text}", published at ${at}, is missing on node ${node}`)
  }

  /** Repeated, or out of the order in which its node published it. */
  #disorder({ node, socket, peer }: Member): string[] {
    const faults: string[] = []
    const last = new Map<string, number>()
    for (const line of peer.log) {
      const [, from, topic, number] = line.split(' ')
      if (Number(number) <= (last.get(from + topic) ?? -1)) faults.push(`"${line}" is out of order on node ${node}`)
      if (this.messages[Number(number)].except === socket) faults.push(`"${line}" has come back to its sender`)
      last.set(from + topic, Number(number))
    }
    return faults
  }
}

const step = fc.record<Step>({
  kind: fc.constantFrom<Kind>(...KINDS),
  node: fc.nat(NODES - 1),
  socket: fc.nat(2 * NODES - 1),
  topic: fc.nat(TOPICS.length - 1),
  ms: fc.oneof(fc.nat(20), fc.nat(6_000)),
})

t.test('every message is delivered, rejected, or in a gap that was told', async (t) => {
  let delivered = 0
  let rejected = 0
  let gaps = 0
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 100 }), async (steps) => {
    const simulation = new Simulation()
    await simulation.begin()
    for (const one of steps) await simulation.run(one)
    await simulation.end()
    const faults = simulation.faults()
    for (const { view } of simulation.nodes) rejected += view.counts.rejected
    for (const member of simulation.members) {
      delivered += member.peer.log.length
      gaps += member.gaps.length
    }
    await simulation.close()
    if (faults.length > 0) throw new Error(faults.slice(0, 5).join('; '))
  })
  await holds(t, property, RUNS)
  const isWhole = runs(RUNS) >= RUNS && process.env.SOCKROUTE_SEED === undefined
  if (isWhole)
    t.ok(
      delivered > 1_000 && rejected > 100 && gaps > 100,
      `${delivered} delivered, ${rejected} rejected, ${gaps} gaps`,
    )
})
