/** Connections that come back, with the clock and chance in the test's hand, over a class that does what it is told. */
import t from 'tap'
import { type ReconnectingOptions, reconnecting } from '../../src/client/index.ts'
import type { Reconnecting } from '../../src/client/reconnecting.ts'
import type { SocketEvent, SocketLike } from '../../src/client/reconnecting-types.ts'
import { FakeClock } from '../support/clock.ts'
import { settle } from '../support/open.ts'

type Listener = (event: SocketEvent) => void

/** What stands for a WebSocket class. */
class Puppet implements SocketLike {
  static made: Puppet[] = []
  readyState = 0
  protocol = ''
  binaryType = 'blob'
  readonly args: unknown[]
  readonly sent: unknown[] = []
  refuses: unknown = undefined
  readonly closes: unknown[][] = []
  readonly #listeners: [type: string, Listener][] = []

  constructor(...args: unknown[]) {
    this.args = args
    Puppet.made.push(this)
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener])
  }

  send(data: unknown): void {
    if (data === this.refuses) throw new TypeError('no data')
    this.sent.push(data)
  }

  close(...args: unknown[]): void {
    this.closes.push(args)
  }

  tell(type: string, fields: object = {}): void {
    for (const [known, listener] of this.#listeners) if (known === type) listener({ type, ...fields })
  }

  open(): void {
    this.readyState = 1
    this.protocol = 'chat'
    this.tell('open')
  }

  end(code = 1006, reason = ''): void {
    this.readyState = 3
    this.tell('error')
    this.tell('close', { code, reason, wasClean: code !== 1006 })
  }
}

interface Setup {
  readonly live: Reconnecting
  readonly clock: FakeClock
  /** What was told, in short. */
  readonly told: string[]
  /** The connections made so far. */
  readonly made: Puppet[]
  last(): Puppet
}

function setUp(
  t: { teardown(task: () => void): void },
  options: ReconnectingOptions = {},
  url: Parameters<typeof reconnecting>[0] = 'ws://host/',
): Setup {
  const clock = new FakeClock()
  const made: Puppet[] = []
  Puppet.made = made
  const live = reconnecting(url, { webSocket: Puppet, timers: clock, random: () => 0.5, ...options })
  t.teardown(() => live.close())
  const told: string[] = []
  live.addEventListener('open', () => told.push('open'))
  live.addEventListener('message', ({ data }) => told.push(`message ${String(data)}`))
  live.addEventListener('close', ({ code, reason, wasClean }) => told.push(`close ${code} ${reason} ${wasClean}`))
  live.addEventListener('reconnecting', ({ delayMs, attempt, code }) => told.push(`${attempt}: ${code}, in ${delayMs}`))
  live.addEventListener('give-up', ({ code, reason }) => told.push(`give-up ${code} ${reason}`.trim()))
  live.addEventListener('dropped', ({ data }) => told.push(`dropped ${data as string}`))
  return { live, clock, told, made, last: () => made[made.length - 1] }
}

t.test('it connects, tells what comes, and comes back', async (t) => {
  const { live, clock, told, made, last } = setUp(t, { protocols: ['chat'], binaryType: 'arraybuffer' })
  t.same(
    [live.readyState, live.protocol, last().args[0], last().args[1], last().binaryType],
    [0, '', 'ws://host/', ['chat'], 'arraybuffer'],
  )
  last().open()
  t.same([live.readyState, live.protocol], [1, 'chat'])
  last().tell('message', { data: 'hello' })
  t.equal(live.send('to you'), true)
  t.same(last().sent, ['to you'])
  last().end(1006)
  t.same([live.readyState, made.length], [0, 1])
  clock.advance(499)
  t.equal(made.length, 1)
  clock.advance(1)
  t.equal(made.length, 2)
  last().open()
  t.same(told, ['open', 'message hello', 'close 1006  false', '1: 1006, in 500', 'open'])
})

t.test('waits grow while attempts fail, and begin anew only after a stable connection', async (t) => {
  const { clock, told, last } = setUp(t)
  for (const delayMs of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
    last().end()
    clock.advance(delayMs)
  }
  last().open()
  clock.advance(4_999)
  last().end(1001)
  clock.advance(15_000)
  last().open()
  clock.advance(5_000)
  last().end(1001)
  t.same(
    told.filter((line) => line.includes('in')),
    [
      '1: 1006, in 500',
      '2: 1006, in 1000',
      '3: 1006, in 2000',
      '4: 1006, in 4000',
      '5: 1006, in 8000',
      '6: 1006, in 15000',
      '7: 1006, in 15000',
      '8: 1001, in 15000',
      '1: 1001, in 500',
    ],
  )
})

const FINAL: [rule: string, code: number, options: ReconnectingOptions, isFinal: boolean][] = [
  ['the server has nothing more to say', 1000, {}, true],
  ['it goes away', 1001, {}, false],
  ['somebody may not, which may change', 1008, {}, false],
  ['it restarts', 1012, {}, false],
  ['an app’s own code is nothing by itself', 4001, {}, false],
  ['unless the app says so', 4001, { finalCodes: [1000, 4001] }, true],
  ['its list is in place of ours', 1000, { finalCodes: [4001] }, false],
  ['or its function', 4999, { finalCodes: (code) => code >= 4000 }, true],
  ['which may let pass what we would not', 1000, { finalCodes: () => false }, false],
]

for (const [rule, code, options, isFinal] of FINAL) {
  t.test(`${code}: ${rule}`, async (t) => {
    const { live, clock, told, made, last } = setUp(t, options)
    last().open()
    last().end(code, 'bye')
    clock.advance(60_000)
    t.equal(made.length > 1, !isFinal)
    t.equal(told.includes(`give-up ${code} bye`), isFinal)
    t.equal(live.readyState, isFinal ? 3 : 0)
  })
}

t.test('after maxAttempts in a row it gives up', async (t) => {
  const { live, clock, told, made, last } = setUp(t, { maxAttempts: 2 })
  for (const delayMs of [500, 1_000, 2_000]) {
    last().end()
    clock.advance(delayMs)
  }
  t.same([made.length, live.readyState, told.at(-1)], [3, 3, 'give-up 1006'])
  t.equal(clock.timers, 0)
})

t.test('an attempt has a limit of time, and what it still does is of no account', async (t) => {
  const { live, clock, told, made, last } = setUp(t)
  const [slow] = made
  clock.advance(10_000)
  t.same([told, slow.closes], [['1: 1006, in 500'], [[]]])
  clock.advance(500)
  t.equal(made.length, 2)
  slow.open()
  slow.end(1000)
  t.equal(live.readyState, 0)
  last().open()
  t.same(told, ['1: 1006, in 500', 'open'])
})

t.test('a URL and options may come fresh for each attempt', async (t) => {
  let tokens = 0
  const { clock, made, last } = setUp(
    t,
    { clientOptions: () => ({ headers: { authorization: `${tokens}` } }) },
    async () => `ws://host/?token=${++tokens}`,
  )
  t.equal(made.length, 0, 'not yet')
  await settle()
  t.same(last().args, ['ws://host/?token=1', [], { headers: { authorization: '1' } }])
  last().end()
  clock.advance(500)
  await settle()
  t.same(last().args[0], 'ws://host/?token=2')
})

t.test('a URL that cannot be had is a failed attempt', async (t) => {
  const { clock, told, made } = setUp(t, {}, () => Promise.reject(new Error('no token')))
  await settle()
  t.same([told, made.length], [['1: 1006, in 500'], 0])
  clock.advance(500)
  await settle()
  t.same(told, ['1: 1006, in 500', '2: 1006, in 1000'])
})

t.test('so is one that does not come in time; when it comes later, nobody connects', async (t) => {
  let give: (url: string) => void = () => undefined
  const { clock, told, made } = setUp(t, {}, () => new Promise<string>((resolve) => (give = resolve)))
  await settle()
  clock.advance(10_000)
  give('ws://late/')
  await settle()
  t.same([told, made.length], [['1: 1006, in 500'], 0])
})

t.test('what is sent while there is no connection is lost, and told', async (t) => {
  const { live, told, last } = setUp(t)
  t.equal(live.send('early'), false)
  last().open()
  t.same([told, last().sent], [['dropped early', 'open'], []])
})

t.test('or it waits, up to maxQueued, behind what is sent on open', async (t) => {
  const { live, told, last } = setUp(t, { maxQueued: 2 })
  live.addEventListener('open', () => live.send('first'))
  t.same([live.send('a'), live.send('b'), live.send('c'), live.queued], [true, true, false, 2])
  last().open()
  t.same([told, last().sent, live.queued], [['dropped c', 'open'], ['first', 'a', 'b'], 0])
})

t.test('what cannot be sent keeps nothing else from being sent', async (t) => {
  const { live, told, last } = setUp(t, { maxQueued: 3 })
  for (const data of ['a', 'bad', 'b']) live.send(data)
  last().refuses = 'bad'
  last().open()
  t.same(
    [told, last().sent],
    [
      ['open', 'dropped bad'],
      ['a', 'b'],
    ],
  )
})

t.test('what still waits when it ends for good is told', async (t) => {
  const { live, told } = setUp(t, { maxQueued: 2 })
  live.send('a')
  live.close()
  t.equal(live.send('b'), false)
  t.same(told, ['dropped a', 'dropped b'])
})

t.test('close ends it, wherever it stands, and leaves no timer', async (t) => {
  const stages: [string, (setup: Setup) => void, closes: number][] = [
    ['connecting', () => undefined, 1],
    ['open', ({ last }) => last().open(), 1],
    [
      'ending',
      ({ last }) => {
        last().open()
        last().readyState = 2
      },
      1,
    ],
    ['waiting', ({ last }) => last().end(), 0],
  ]
  for (const [stage, act, closes] of stages) {
    const setup = setUp(t)
    act(setup)
    setup.live.close(1000, 'bye')
    setup.live.close(1000, 'bye')
    t.same([setup.live.readyState, setup.clock.timers], [3, 0], stage)
    t.equal(setup.made[0].closes.filter(([code]) => code === 1000).length >= closes, true, stage)
    setup.last().end(1000, 'bye')
    setup.clock.advance(60_000)
    t.equal(setup.made.length, 1, stage)
    t.equal(setup.told.includes('close 1000 bye true'), ['open', 'ending'].includes(stage), stage)
  }
})

t.test('the browser says that the network is back: the next attempt is now', async (t) => {
  const window = new EventTarget()
  const names = ['addEventListener', 'removeEventListener'] as const
  for (const name of names) Object.assign(globalThis, { [name]: window[name].bind(window) })
  t.teardown(() => {
    for (const name of names) Reflect.deleteProperty(globalThis, name)
  })
  const { live, clock, made, last } = setUp(t)
  window.dispatchEvent(new Event('online'))
  t.equal(made.length, 1, 'nothing to do')
  last().end()
  window.dispatchEvent(new Event('online'))
  t.equal(made.length, 2)
  clock.advance(500)
  t.equal(made.length, 2, 'and the wait is over')
  last().end()
  live.close()
  window.dispatchEvent(new Event('online'))
  t.equal(made.length, 2)
})

const MISTAKES: [options: object, message: RegExp][] = [
  [{ maxDelay: 1 }, /there is no option maxDelay; they are attemptTimeoutMs, /],
  [{ baseMs: '1s' }, /the option baseMs takes milliseconds/],
  [{ capMs: -1 }, /the option capMs takes milliseconds/],
  [{ capMs: Infinity }, /the option capMs takes milliseconds, 2,147,483,647 at most/],
  [{ attemptTimeoutMs: 2 ** 31 }, /the option attemptTimeoutMs takes milliseconds, 2,147,483,647 at most/],
  [{ finalCodes: 1000 }, /finalCodes takes a list/],
  [{ webSocket: 'ws' }, /webSocket takes a class/],
  [{ clientOptions: 'x' }, /clientOptions takes an object/],
]

for (const [options, message] of MISTAKES) {
  t.test(`mistaken: ${JSON.stringify(options)}`, async (t) => {
    t.throws(() => reconnecting('ws://host/', options), { name: 'TypeError', message })
  })
}

t.test('a URL that is none throws at once, and leaves nothing behind', async (t) => {
  const clock = new FakeClock()
  t.throws(() => reconnecting('nowhere', { timers: clock }), { name: 'SyntaxError' })
  t.equal(clock.timers, 0)
})
