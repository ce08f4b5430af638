import t from 'tap'
import { Pulse } from '../src/pulse.ts'
import { UnderWay } from '../src/under-way.ts'

/** Nothing of any size was sent. */
const nothing = (): UnderWay => new UnderWay({ writtenBytes: 0 }, Infinity)

type Step = [now: number, canSpeak: boolean, canHear: boolean] | [heard: number]

/** What each beat asks for, with a first silence of the whole interval. */
function run(steps: Step[]): string[] {
  const { random } = Math
  Math.random = () => 1 - Number.EPSILON
  const pulse = new Pulse(25, 20, nothing(), 0)
  Math.random = random
  const actions: string[] = []
  for (const step of steps) {
    if (step.length === 1) pulse.heard(step[0])
    else actions.push(pulse.beat(...step))
  }
  return actions
}

const rows: [rule: string, steps: Step[], actions: string[]][] = [
  [
    'a ping after silence',
    [
      [24, true, true],
      [25, true, true],
    ],
    ['none', 'ping'],
  ],
  [
    'one ping, until it is answered',
    [
      [25, true, true],
      [26, true, true],
      [44, true, true],
    ],
    ['ping', 'none', 'none'],
  ],
  [
    'dead after pongTimeoutMs',
    [
      [25, true, true],
      [44, true, true],
      [45, true, true],
    ],
    ['ping', 'none', 'dead'],
  ],
  [
    'any byte is life',
    [[25, true, true], [30], [45, true, true], [54, true, true], [55, true, true]],
    ['ping', 'none', 'none', 'ping'],
  ],
  ['a byte in the last moment', [[25, true, true], [45], [45, true, true]], ['ping', 'none']],
  [
    'who speaks is not pinged',
    [[20], [25, true, true], [40], [60, true, true], [65, true, true]],
    ['none', 'none', 'ping'],
  ],
  [
    'unsent bytes: no ping, and no silence',
    [
      [25, false, true],
      [49, false, true],
      [50, true, true],
      [74, true, true],
    ],
    ['none', 'none', 'none', 'ping'],
  ],
  [
    'unsent bytes: the clock of a ping stops',
    [
      [25, true, true],
      [30, false, true],
      [60, false, true],
      [90, true, true],
    ],
    ['ping', 'none', 'none', 'ping'],
  ],
  [
    'not reading: pings, but no clock',
    [
      [25, true, false],
      [49, true, false],
      [50, true, false],
      [75, true, false],
    ],
    ['ping', 'none', 'ping', 'ping'],
  ],
  [
    'reading again: the silence begins anew',
    [
      [25, true, false],
      [49, true, true],
      [50, true, true],
    ],
    ['ping', 'none', 'ping'],
  ],
]

for (const [rule, steps, actions] of rows) t.test(`§5.5.2 ${rule}`, async (t) => t.same(run(steps), actions))

t.test('R04 first pings are spread over half of the interval, so that they do not come in bursts', async (t) => {
  const firsts = Array.from({ length: 1_000 }, () => {
    const pulse = new Pulse(1_000, 1_000, nothing(), 0)
    let now = 0
    while (pulse.beat(now, true, true) === 'none') now += 10
    return now
  })
  t.ok(Math.min(...firsts) >= 500 && Math.max(...firsts) <= 1_000)
  const inTenth = Array.from(
    { length: 5 },
    (_, at) => firsts.filter((ms) => Math.min(4, Math.floor((ms - 500) / 100)) === at).length,
  )
  t.ok(
    inTenth.every((count) => count > 100),
    inTenth.join(),
  )
})

t.test("'unlimited': never", async (t) => {
  const pulse = new Pulse(Infinity, 20, nothing(), 0)
  t.equal(pulse.beat(1e12, true, true), 'none')
})

t.test('a ping is given the time that a slow link needs for what lies before it', async (t) => {
  const sent = { writtenBytes: 0 }
  const pulse = new Pulse(25_000, 20_000, new UnderWay(sent, 120_000), 0)
  pulse.heard(5_000)
  sent.writtenBytes = 6_400_000 // 100 s at half a megabit a second
  t.equal(pulse.beat(5_000, true, true), 'none')
  t.equal(pulse.beat(30_000, true, true), 'ping')
  for (const now of [55_000, 80_000, 105_000]) {
    t.equal(pulse.beat(now - 1, true, true), 'none')
    t.equal(pulse.beat(now, true, true), 'ping', 'others follow it, for the sake of proxies')
  }
  const payload = pulse.ping(105_000)
  t.equal(pulse.beat(124_500, true, true), 'none')
  pulse.heard(124_900)
  pulse.pong(payload, 124_900)
  t.equal(pulse.beat(149_900, true, true), 'ping')
  t.equal(pulse.beat(169_900, true, true), 'dead', 'which is no time where nothing does')
})

t.test('a pong tells that all before its ping has arrived, and nothing of what was sent later', async (t) => {
  for (const [later, deadAt] of [
    [0, 80_000],
    [6_400_000, 150_000],
  ]) {
    const sent = { writtenBytes: 6_400_000 }
    const pulse = new Pulse(25_000, 20_000, new UnderWay(sent, 120_000), 0)
    t.equal(pulse.beat(25_000, true, true), 'ping')
    const payload = pulse.ping(25_000)
    sent.writtenBytes += later
    pulse.heard(30_000)
    pulse.pong(payload, 30_000)
    t.equal(pulse.beat(60_000, true, true), 'ping')
    t.not(pulse.beat(deadAt - 1, true, true), 'dead', `${later} bytes later`)
    t.equal(pulse.beat(deadAt, true, true), 'dead', `${later} bytes later`)
  }
})

t.test('however early the first ping comes, nobody is dead before interval and time-out are over', async (t) => {
  for (const early of [0, 0.5, 0.999]) {
    const { random } = Math
    Math.random = () => early
    const pulse = new Pulse(25_000, 20_000, nothing(), 0)
    Math.random = random
    const seen: string[] = []
    for (let now = 0; now <= 45_000; now += 500) {
      const action = pulse.beat(now, true, true)
      if (action !== 'none') seen.push(`${action} ${now}`)
    }
    t.equal(seen[0], `ping ${Math.ceil(25 + early * 25) * 500}`)
    t.same(
      seen.filter((action) => action.startsWith('dead')),
      ['dead 45000'],
    )
  }
})
