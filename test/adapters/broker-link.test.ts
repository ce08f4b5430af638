import { mock } from 'node:test'
import t from 'tap'
import { Answers } from '../../adapters/broker-answers.ts'
import { Backlog } from '../../adapters/broker-backlog.ts'
import { Changes } from '../../adapters/broker-changes.ts'
import { type Life, Link } from '../../adapters/broker-link.ts'

const TIMEOUT_MS = 1_000

/** What a link tells, in order. */
function recorder() {
  const told: string[] = []
  return {
    told,
    onMessage: (topic: string) => told.push(topic),
    onUp: () => told.push('up'),
    onDown: (reason: Error) => told.push(`down: ${reason.message}`),
  }
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate)
}

/** Time passes, and whatever comes of it happens. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  await settle()
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }))
t.afterEach(() => mock.timers.reset())

t.test('connecting is tried again, later each time, and by chance', async (t) => {
  let attempts = 0
  const failing = new Link('x', TIMEOUT_MS, () => {
    attempts++
    return Promise.reject(new Error('refused'))
  })
  const sink = recorder()
  failing.start(sink)
  await settle()
  const waits: number[] = []
  for (let waited = 0; waits.length < 6; ) {
    const before = attempts
    await pass(1)
    waited++
    if (attempts === before) continue
    waits.push(waited)
    waited = 0
  }
  failing.close()
  for (const [index, most] of [100, 200, 400, 800, 1_600, 2_000].entries()) {
    t.ok(waits[index] >= most / 2 && waits[index] <= most, `wait ${index} is ${waits[index]} ms, of at most ${most}`)
  }
  t.same(sink.told, ['down: x cannot be reached: refused'], 'told once')
  await pass(10_000)
  t.equal(attempts, 7, 'closed, it is not tried any more')
})

t.test('a connection ends once, and what it still brings is nobody’s', async (t) => {
  const lives: Life[] = []
  const link: Link<number> = new Link('x', TIMEOUT_MS, async (life) => lives.push(life))
  t.throws(() => link.current, /not started/)
  const sink = recorder()
  link.start(sink)
  t.throws(() => link.current, /not connected yet/)
  await settle()
  t.equal(link.current, 1)
  const [first] = lives
  link.tell(first, 'a', Buffer.alloc(0))
  first.abort(new Error('broken'))
  first.abort(new Error('broken again'))
  link.tell(first, 'late', Buffer.alloc(0))
  t.throws(() => link.current, /x cannot be reached: broken$/)
  await pass(100)
  t.same(sink.told, ['up', 'a', 'down: x cannot be reached: broken', 'up'])
  link.close()
  link.tell(lives[1], 'closed', Buffer.alloc(0))
  t.throws(() => link.current, /closed/)
  t.ok(lives[1].signal.aborted)
  t.equal(sink.told.length, 4)
})

t.test('a connection that is not there in time is given up', async (t) => {
  const lives: Life[] = []
  const link = new Link('x', 20, (life) => {
    lives.push(life)
    return new Promise<never>(() => undefined)
  })
  const sink = recorder()
  link.start(sink)
  await pass(19)
  t.same(sink.told, [])
  await pass(1)
  t.same(sink.told, ['down: x cannot be reached: no connection within 20 ms'])
  await pass(100)
  t.equal(lives.length, 2, 'and tried again')
  link.close()
  t.equal(sink.told.length, 1)
  t.ok(lives.every(({ signal }) => signal.aborted))
})

t.test('silence', async (t) => {
  mock.timers.reset() // until a test of these begins
  const never = (): Promise<never> => new Promise(() => undefined)

  t.test('of a broker that is asked ends the connection', async (t) => {
    const life = new AbortController()
    const answers = new Answers(life, 100, never)
    void answers.expect(never())
    await pass(80)
    t.notOk(life.signal.aborted)
    await pass(20)
    t.match(life.signal.reason, /no answer for 100 ms/)
  })

  t.test('of one that is not asked, makes it be asked', async (t) => {
    const life = new AbortController()
    let asked = 0
    new Answers(life, 50, async () => asked++)
    for (let looks = 0; looks < 40; looks++) await pass(10)
    t.ok(asked >= 2, `asked ${asked} times`)
    t.notOk(life.signal.aborted)
    life.abort()
    const before = asked
    await pass(1_000)
    t.equal(asked, before, 'not any more')
  })

  t.test('is none while anything comes', async (t) => {
    const life = new AbortController()
    const answers = new Answers(life, 50, never)
    void answers.expect(never())
    for (let times = 0; times < 60; times++) {
      answers.heard()
      await pass(40)
    }
    t.notOk(life.signal.aborted)
    await pass(60)
    t.ok(life.signal.aborted)
  })

  t.test('is none while this process is busy itself', async (t) => {
    mock.timers.reset() // Node’s own fires once for all that it has missed
    const life = new AbortController()
    const answers = new Answers(life, 50, never)
    let answer = (): void => undefined
    void answers.expect(new Promise<void>((resolve) => (answer = resolve)))
    const until = performance.now() + 300
    while (performance.now() < until);
    await new Promise(setImmediate)
    answer()
    await new Promise(setImmediate)
    t.notOk(life.signal.aborted)
    life.abort()
  })
})

t.test('changes go one at a time, with the last word on each topic', async (t) => {
  const commands: [on: string[], off: string[], done: (error?: Error) => void][] = []
  const changes = new Changes(
    (on, off) => new Promise<void>((resolve, reject) => commands.push([on, off, (e) => (e ? reject(e) : resolve())])),
  )
  const first = changes.change(['a', 'b'], true)
  await settle()
  const later = [changes.change(['a'], false), changes.change(['c', 'b'], true), changes.change(['c'], false)]
  await settle()
  t.equal(commands.length, 1, 'the second waits')
  commands[0][2](new Error('refused'))
  await t.rejects(first, /refused/)
  await settle()
  t.same(commands[1].slice(0, 2), [['b'], ['a', 'c']])
  commands[1][2]()
  await Promise.all(later)
  t.equal(commands.length, 2)
})

t.test('a backlog has a limit, and empty messages count', async (t) => {
  const backlog = new Backlog('x', 1_000)
  const empty = Buffer.alloc(0)
  for (let i = 0; i < 3; i++) backlog.enter('', empty)
  const last = backlog.enter('', empty)
  t.throws(() => backlog.enter('', empty), /x: 1024 bytes wait/)
  backlog.leave(last)
  const large = backlog.enter('', Buffer.alloc(1_000_000))
  t.throws(() => backlog.enter('', empty))
  backlog.leave(large)
  backlog.enter('a topic that a peer has chosen'.repeat(100), empty)
  t.throws(() => backlog.enter('', empty))
})
