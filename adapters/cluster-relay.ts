import cluster, { type Worker } from 'node:cluster'
import { type Batch, isBytes, PROBE, type ToPrimary, type ToWorker, unwrap, wrap } from './cluster-messages.ts'
import { Outgoing, unpack } from './cluster-parcel.ts'

/** In the primary: hands each message to the drivers that have its topic. */
export class Relay {
  readonly #maxBacklogBytes: number
  readonly #members = new Map<string, Member>()
  readonly #byTopic = new Map<string, Set<Member>>()

  constructor(maxBacklogBytes: number) {
    this.#maxBacklogBytes = maxBacklogBytes
    cluster.on('message', this.#onMessage)
    cluster.on('disconnect', this.#onGone)
    cluster.on('exit', this.#onGone)
  }

  /** Of all workers together. */
  get subscriptions(): number {
    let count = 0
    for (const { topics } of this.#members.values()) count += topics.size
    return count
  }

  close(): void {
    cluster.off('message', this.#onMessage)
    cluster.off('disconnect', this.#onGone)
    cluster.off('exit', this.#onGone)
    for (const member of this.#members.values()) this.#drop(member, 'the primary has stopped to relay')
  }

  readonly #onMessage = (worker: Worker, wrapped: unknown): void => {
    const message = unwrap<ToPrimary>(wrapped)
    if (message === undefined) return
    const name = `${worker.id} ${message.session}`
    const member = this.#members.get(name)
    if (message.kind === 'hello') {
      this.#members.set(name, new Member(worker, message.session, isBytes(message.probe)))
    } else if (message.kind === 'bye') {
      if (member !== undefined) this.#forget(name, member)
    } else if (member?.isLost === false) {
      this.#relay(member, message)
    }
  }

  readonly #onGone = (worker: Worker): void => {
    for (const [name, member] of this.#members) if (member.worker === worker) this.#forget(name, member)
  }

  #relay(from: Member, { on, off, parcel }: Batch): void {
    for (const topic of on) this.#subscribe(from, topic)
    for (const topic of off) this.#unsubscribe(from, topic)
    const counts: number[] = []
    unpack(parcel, (topic, envelope) => {
      let count = 0
      for (const member of this.#byTopic.get(topic) ?? []) {
        if (member === from) continue
        member.deliver(topic, envelope)
        count++
        if (member.backlogBytes > this.#maxBacklogBytes) this.#drop(member, 'the worker has fallen behind')
      }
      counts.push(count)
    })
    from.answer(counts)
  }

  #subscribe(member: Member, topic: string): void {
    member.topics.add(topic)
    const members = this.#byTopic.get(topic) ?? new Set()
    this.#byTopic.set(topic, members.add(member))
  }

  #unsubscribe(member: Member, topic: string): void {
    member.topics.delete(topic)
    const members = this.#byTopic.get(topic)
    if (members?.delete(member) && members.size === 0) this.#byTopic.delete(topic)
  }

  #drop(member: Member, reason: string): void {
    for (const topic of member.topics) this.#unsubscribe(member, topic)
    member.lose(reason)
  }

  #forget(name: string, member: Member): void {
    this.#drop(member, 'it is gone')
    this.#members.delete(name)
  }
}

/** One driver in a worker. What is for it leaves once a turn. */
class Member {
  readonly worker: Worker
  readonly topics = new Set<string>()
  readonly #session: number
  readonly #isBinary: boolean
  #counts: (readonly number[])[] = []
  #outgoing = new Outgoing()
  #isScheduled = false
  /** Handed to the channel, which has not written it. */
  #unwrittenBytes = 0
  #lostBy: string | undefined

  constructor(worker: Worker, session: number, isBinary: boolean) {
    this.worker = worker
    this.#session = session
    this.#isBinary = isBinary
    this.#send({ kind: 'welcome', session, probe: PROBE }, 0)
  }

  get backlogBytes(): number {
    return this.#unwrittenBytes + this.#outgoing.cost
  }

  get isLost(): boolean {
    return this.#lostBy !== undefined
  }

  deliver(topic: string, envelope: Uint8Array): void {
    this.#outgoing.add(topic, envelope)
    this.#schedule()
  }

  answer(counts: readonly number[]): void {
    this.#counts.push(counts)
    this.#schedule()
  }

  /** Told behind what the channel still holds: a worker that reads nothing costs no more than that. */
  lose(reason: string): void {
    if (this.isLost) return
    this.#lostBy = reason
    this.#outgoing = new Outgoing()
    this.#counts = []
    this.#send({ kind: 'lost', session: this.#session, reason }, 0)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    if (this.isLost) return
    const { cost } = this.#outgoing
    const parcel = this.#outgoing.pack(this.#isBinary)
    this.#send({ kind: 'turn', session: this.#session, counts: this.#counts, parcel }, cost)
    this.#outgoing = new Outgoing()
    this.#counts = []
  }

  #send(message: ToWorker, cost: number): void {
    if (!this.worker.isConnected()) return
    this.#unwrittenBytes += cost
    this.worker.send(wrap(message), undefined, undefined, () => {
      this.#unwrittenBytes -= cost // written, or its worker is gone
    })
  }
}
