import assert from 'node:assert/strict'
import t from 'tap'
import type { Broker, BrokerSink } from '../src/topics/broker.ts'
import { type BrokerUnderTest, brokerContract, CONTRACT, missing, runCheck } from './support/broker-contract.ts'
import { ContractBroker } from './support/contract-broker.ts'

brokerContract(t, 'memory', new ContractBroker())

/** A driver that does all as `inner` does, but for its one fault. */
class Faulty implements Broker {
  readonly name = 'faulty'
  readonly inner: Broker

  constructor(inner: Broker) {
    this.inner = inner
  }

  get maxPayloadBytes(): number {
    return this.inner.maxPayloadBytes
  }

  start(sink: BrokerSink): void {
    this.inner.start(sink)
  }

  subscribe(topics: readonly string[]): Promise<void> {
    return this.inner.subscribe(topics)
  }

  unsubscribe(topics: readonly string[]): Promise<void> {
    return this.inner.unsubscribe(topics)
  }

  publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    return this.inner.publish(topic, envelope)
  }

  close(): Promise<void> {
    return this.inner.close()
  }
}

/** Changes what the driver tells. */
function telling(change: (sink: BrokerSink) => Partial<BrokerSink>): new (inner: Broker) => Broker {
  return class extends Faulty {
    override start(sink: BrokerSink): void {
      const own: BrokerSink = {
        onMessage: (topic, envelope) => sink.onMessage(topic, envelope),
        onUp: () => sink.onUp(),
        onDown: (reason) => sink.onDown(reason),
      }
      this.inner.start(Object.assign(own, change(sink)))
    }
  }
}

class LosesOne extends telling((sink) => {
  let count = 0
  return { onMessage: (topic, envelope) => ++count !== 700 && sink.onMessage(topic, envelope) }
}) {}

class Doubles extends telling((sink) => {
  let count = 0
  return {
    onMessage(topic, envelope) {
      if (++count === 700) sink.onMessage(topic, envelope)
      sink.onMessage(topic, envelope)
    },
  }
}) {}

class Reorders extends telling((sink) => {
  let held: (() => void) | undefined
  let count = 0
  return {
    onMessage(topic, envelope) {
      const tell = (): void => sink.onMessage(topic, envelope)
      if (++count === 700) held = tell
      else tell()
      if (count !== 702) return
      held?.()
    },
  }
}) {}

class ReadsText extends telling((sink) => ({
  onMessage: (topic, envelope) => sink.onMessage(topic, Buffer.from(Buffer.from(envelope).toString())),
})) {}

class TrimsTopics extends telling((sink) => ({
  onMessage: (topic, envelope) => sink.onMessage(topic.trim(), envelope),
})) {}

class TellsDownTwice extends telling((sink) => ({
  onDown(reason) {
    sink.onDown(reason)
    sink.onDown(reason)
  },
})) {}

class NeverTellsDown extends telling(() => ({ onDown: () => undefined })) {}

class AcknowledgesTooEarly extends Faulty {
  override async subscribe(topics: readonly string[]): Promise<void> {
    setTimeout(() => this.inner.subscribe(topics).catch(() => undefined), 2)
  }
}

class AcknowledgesTheEndTooEarly extends Faulty {
  override async unsubscribe(topics: readonly string[]): Promise<void> {
    setTimeout(() => this.inner.unsubscribe(topics).catch(() => undefined), 2)
  }
}

class SubscribesAgain extends Faulty {
  readonly #topics = new Set<string>()

  override start(sink: BrokerSink): void {
    this.inner.start({
      onMessage: (topic, envelope) => sink.onMessage(topic, envelope),
      onDown: (reason) => sink.onDown(reason),
      onUp: () => {
        sink.onUp()
        void this.inner.subscribe([...this.#topics])
      },
    })
  }

  override async subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#topics.add(topic)
    await this.inner.subscribe(topics)
  }
}

class QueuesWhileDown extends Faulty {
  override async publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    for (;;) {
      try {
        return await this.inner.publish(topic, envelope)
      } catch (error) {
        if (error instanceof RangeError) throw error
        await new Promise((resolve) => setTimeout(resolve, 5).unref())
      }
    }
  }
}

class ClaimsWhatItHasNot extends Faulty {
  override publish(topic: string, envelope: Uint8Array): Promise<number | undefined> {
    return this.inner.publish(topic, envelope).catch(() => undefined)
  }
}

class CountsReferences extends Faulty {
  readonly #counts = new Map<string, number>()

  override async subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1)
    await this.inner.subscribe(topics)
  }

  override async unsubscribe(topics: readonly string[]): Promise<void> {
    const last = (topic: string): boolean => {
      const count = (this.#counts.get(topic) ?? 1) - 1
      this.#counts.set(topic, count)
      return count <= 0
    }
    await this.inner.unsubscribe(topics.filter(last))
  }
}

class StaysAtTheBroker extends Faulty {
  override async close(): Promise<void> {
    await this.publish('bye', Buffer.alloc(0))
  }
}

const FAULTS: [fault: new (inner: Broker) => Broker, check: RegExp][] = [
  [LosesOne, /keeps its order/],
  [LosesOne, /10,000 races/],
  [LosesOne, /ten thousand topics/],
  [Doubles, /keeps its order/],
  [Reorders, /keeps its order/],
  [ReadsText, /every byte/],
  [TrimsTopics, /a topic is any string/],
  [TellsDownTwice, /without the broker all rejects/],
  [NeverTellsDown, /200 ms without the broker/],
  [AcknowledgesTooEarly, /10,000 races/],
  [AcknowledgesTooEarly, /joins a stream/],
  [AcknowledgesTheEndTooEarly, /once the end of a subscription/],
  [SubscribesAgain, /without the broker all rejects/],
  [QueuesWhileDown, /3000 ms without the broker/],
  [ClaimsWhatItHasNot, /3000 ms without the broker/],
  [ClaimsWhatItHasNot, /one byte more rejects/],
  [CountsReferences, /to subscribe twice is to subscribe/],
  [StaysAtTheBroker, /has left nothing at the broker/],
]

for (const [Fault, which] of FAULTS) {
  t.test(`${Fault.name || 'a fault'} does not pass: ${which.source}`, async (t) => {
    const broker = new ContractBroker()
    const faulty: BrokerUnderTest = {
      create: () => new Fault(broker.create()),
      subscriptions: () => broker.subscriptions(),
      stop: () => broker.stop(),
      start: () => broker.start(),
    }
    const checks = CONTRACT.filter(({ name }) => which.test(name))
    t.equal(checks.length, 1)
    t.same(missing(checks[0], faulty), [])
    await t.rejects(runCheck(checks[0], faulty, 1_000))
  })
}

t.test('what a broker cannot do is skipped, and only that', async (t) => {
  const bare: BrokerUnderTest = { create: () => new ContractBroker().create() }
  const skipped = CONTRACT.filter((check) => missing(check, bare).length > 0)
  assert.ok(skipped.length < CONTRACT.length / 2)
  t.same(
    skipped.filter(({ needs }) => needs.length === 0),
    [],
  )
})
