// Whose async context (AsyncLocalStorage) a listener or a callback runs in, where connections share a task.
import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import type { Timer } from '../src/clock.ts'
import { Turns } from '../src/extensions/turns.ts'
import { Heartbeat } from '../src/heartbeat.ts'
import { Outbox } from '../src/outbox.ts'
import { FakeClock } from './support/clock.ts'
import { open, settle } from './support/open.ts'
import { pair } from './support/pair.ts'

const whose = new AsyncLocalStorage<string>()

t.test('a callback of send runs in the context of its caller', async (t) => {
  const seen: [string, string | undefined][] = []
  const note = (name: string) => (): void => void seen.push([name, whose.getStore()])
  const { socket: first } = open()
  const { socket: second } = open()
  whose.run('alice', () => first.send('a', note('alice')))
  whose.run('bob', () => second.send('b', note('bob')))
  whose.run('carol', () => second.ping('c', note('carol')))
  second.send('d', note('nobody'))
  await settle()
  t.same(seen, [
    ['alice', 'alice'],
    ['bob', 'bob'],
    ['carol', 'carol'],
    ['nobody', undefined],
  ])
})

t.test('nobody runs in the context of whoever was the first of a turn', async (t) => {
  const seen: (string | undefined)[] = []
  const owner = { onSent: () => seen.push(whose.getStore()), onUnsent: () => undefined, onLooked: () => undefined }
  const outboxes = [0, 1].map(() => new Outbox(pair()[0], owner))
  whose.run('alice', () => outboxes[0].addRaw(Buffer.from([0x81, 0])))
  outboxes[1].addRaw(Buffer.from([0x81, 0]))
  await settle()
  t.same(seen, [undefined, undefined])
})

t.test('jobs that take turns run in no context', async (t) => {
  const seen: (string | undefined)[] = []
  const turns = new Turns()
  const job = (): boolean => {
    seen.push(whose.getStore())
    return true
  }
  whose.run('alice', () => turns.add(job))
  turns.add(job)
  await settle()
  t.same(seen, [undefined, undefined])
})

t.test('the heartbeat of all begins in no context', (t) => {
  const seen: (string | undefined)[] = []
  class Asked extends FakeClock {
    override setInterval(task: () => void, ms: number): Timer {
      seen.push(whose.getStore())
      return super.setInterval(task, ms)
    }
  }
  const heartbeat = new Heartbeat(new Asked())
  whose.run('alice', () => heartbeat.add({ beat: () => undefined }, 100))
  t.same(seen, [undefined])
  t.end()
})
