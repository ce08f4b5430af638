import { readFileSync } from 'node:fs'
import t from 'tap'
import { systemClock } from '../src/clock.ts'
import { DEFAULTS } from '../src/defaults.ts'
import { createWebSockets } from '../src/index.ts'
import type { AppOptions } from '../src/options.ts'
import { appSettings, inherit, routeOptions } from '../src/settings.ts'
import { FakeClock } from './support/clock.ts'
import { MemoryBroker } from './support/memory-broker.ts'
import { ROOT } from './support/root.ts'

const MAX_MS = 2_147_483_647
const MAX = Number.MAX_SAFE_INTEGER

/** Of each number: its range, whether it may be 'unlimited', its default as design.md has it, and whether a route may set it. */
const numbers: [
  option: string,
  least: number,
  most: number,
  unlimited: boolean,
  byDefault: number,
  inRoute: boolean,
][] = [
  ['maxMessageBytes', 1, MAX, true, 1_048_576, true],
  ['maxFragments', 1, MAX, true, 16_384, true],
  ['messageTimeoutMs', 1, MAX_MS, true, 30_000, true],
  ['closeTimeoutMs', 1, MAX_MS, false, 10_000, true],
  ['pingIntervalMs', 1, MAX_MS, true, 25_000, true],
  ['pongTimeoutMs', 1, MAX_MS, false, 20_000, true],
  ['maxBufferedBytes', 1, MAX, false, 1_048_576, true],
  ['maxUnsentBytes', 1, MAX, true, 16_777_216, true],
  ['sendTimeoutMs', 1, MAX_MS, true, 120_000, true],
  ['maxTopics', 1, MAX, true, 10_000, true],
  ['maxHeaderFields', 1, MAX, true, 100, true],
  ['handshakeTimeoutMs', 1, MAX_MS, true, 10_000, true],
  ['maxPendingHandshakes', 1, MAX, true, 10_000, false],
]

/** With the other of two limits that belong together out of the way. */
const around = (option: string): AppOptions =>
  option === 'maxBufferedBytes'
    ? { maxUnsentBytes: 'unlimited' }
    : option === 'maxUnsentBytes'
      ? { maxBufferedBytes: 1 }
      : {}
const set = (option: string, value: unknown): Record<string, unknown> => ({
  ...appSettings({ ...around(option), [option]: value } as AppOptions),
})

for (const [option, least, most, unlimited, byDefault, inRoute] of numbers) {
  t.test(option, async (t) => {
    t.equal((appSettings({}) as unknown as Record<string, unknown>)[option], byDefault, 'its default')
    for (const value of [least, most]) t.equal(set(option, value)[option], value)
    t.equal(set(option, undefined)[option], byDefault, 'undefined is as if it were not there')
    const wrong = [
      least - 1,
      most + 1,
      -1,
      0.5,
      NaN,
      Infinity,
      -Infinity,
      '1mb',
      `${least}`,
      null,
      true,
      [],
      {},
      () => 1,
    ]
    for (const value of unlimited ? wrong : [...wrong, 'unlimited']) {
      const error = { name: 'TypeError', message: new RegExp(`the option ${option} takes a whole number .*; got `) }
      t.throws(() => appSettings({ [option]: value } as AppOptions), error, JSON.stringify(value))
      if (inRoute) t.throws(() => routeOptions({ [option]: value } as AppOptions), error)
    }
    if (unlimited) t.equal(set(option, 'unlimited')[option], Infinity)
    if (!inRoute) t.throws(() => routeOptions({ [option]: least } as AppOptions), /is the app's/)
  })
}

const others: [option: string, right: unknown[], wrong: unknown[], advice: RegExp][] = [
  [
    'origins',
    ['any', [], ['https://a.example'], ['https://*.a.example', 'null', 'capacitor://localhost'], () => true],
    [
      'unlimited',
      'https://a.example',
      ['a.example'],
      ['https://a.example/'],
      ['*'],
      [''],
      [1],
      [['https://a']],
      null,
      {},
      true,
      ['https://*'],
      ['https://a.*.com'],
      ['https://a*.com'],
      ['any'],
    ],
    /list of origins such as/,
  ],
  ['logConnections', [true, false], [1, 'info', null], /true or false/],
  ['requireOrigin', [true, false], [1, 'true', null], /true or false/],
  [
    'allowedHosts',
    [[], ['h'], ['h:3000', '[::1]']],
    ['h', [''], ['https://h'], ['a b'], [1], null],
    /list of host names/,
  ],
  [
    'protocols',
    [[], ['chat.v2'], () => undefined],
    ['chat', [''], ['a b'], ['a,b'], ['a\r\nSet-Cookie: b'], [1], null],
    /subprotocol names/,
  ],
  ['delivery', ['in-turn', 'at-once'], ['At-once', 'parallel', '', true, null, {}], /takes 'in-turn' or 'at-once'/],
  ['slowSubscriber', ['drop', 'close'], ['Drop', 'wait', '', true, null, {}], /takes 'drop' or 'close'/],
  ['onGap', [() => undefined], ['log', null, {}], /takes a function/],
  [
    'broker',
    [new MemoryBroker().driver()],
    [null, 'redis', {}, { publish: () => 1 }, () => 1],
    /a broker's driver: an object with the methods start, subscribe, /,
  ],
  [
    'clock',
    [new FakeClock(), systemClock],
    [null, {}, Date, { now: () => 0 }, { setTimeout, setInterval }],
    /takes a clock, such as new TestClock\(\): an object with the methods now, today, /,
  ],
  ['onDropped', [() => undefined, async () => 1], ['log', null, {}], /takes a function/],
  ['onError', [() => undefined], ['log', null, {}], /takes a function/],
  ['passUpgrades', [[], ['/socket.io/'], () => true], ['/a', ['a'], [''], [1], null], /path prefixes/],
  [
    'logger',
    [console, { warn: () => 1, error: () => 1 }, { info: () => 1, warn: () => 1, error: () => 1 }],
    [null, {}, 'console', () => 1, { warn: () => 1 }, { warn: () => 1, error: () => 1, info: true }],
    /a logger, such as console or pino's: an object with the methods warn, error|takes a logger whose info/,
  ],
  [
    'drain',
    [{}, { spreadMs: 0, deadlineMs: 0, code: 1012 }],
    [
      null,
      1,
      [],
      { code: 1000 },
      { spreadMs: -1 },
      { deadlineMs: MAX_MS + 1 },
      { deadlineMs: 'unlimited' },
      { spread: 1 },
    ],
    /drain/,
  ],
]

for (const [option, right, wrong, advice] of others) {
  t.test(option, async (t) => {
    for (const value of right) t.doesNotThrow(() => appSettings({ [option]: value } as AppOptions))
    for (const value of wrong) {
      const error = { name: 'TypeError', message: advice }
      t.throws(() => appSettings({ [option]: value } as AppOptions), error, JSON.stringify(value))
    }
  })
}

t.test('compression is on, off, or an object of options', async (t) => {
  for (const value of [true, false, {}, { level: 1, windowBits: 9, thresholdBytes: 0, contextTakeover: true }]) {
    t.same(set('compression', value).compression, value)
  }
  t.same(DEFAULTS.compression, false)
  const wrong: [value: unknown, message: RegExp][] = [
    ['on', /compression takes true, false or an object/],
    [[], /compression takes true, false or an object/],
    [{ level: 0 }, /compression\.level takes a whole number .* from 1 to 9/],
    [{ windowBits: 8 }, /compression\.windowBits .* from 9 to 15/],
    [{ thresholdBytes: -1 }, /compression\.thresholdBytes/],
    [{ contextTakeover: 'yes' }, /compression\.contextTakeover takes true or false/],
    [{ threshold: 10 }, /no option compression\.threshold here; did you mean compression\.thresholdBytes\?/],
    [{ serverMaxWindowBits: 10 }, /no option compression\.serverMaxWindowBits here/],
  ]
  for (const [value, message] of wrong) {
    t.throws(() => appSettings({ compression: value } as AppOptions), { name: 'TypeError', message })
    t.throws(() => routeOptions({ compression: value } as AppOptions), { name: 'TypeError', message })
  }
})

t.test('lines about connections need a logger that has a method for them', async (t) => {
  const logger = { warn: () => 1, error: () => 1 }
  const message =
    /logConnections needs a logger with the method info, such as console or pino's; .* only warn and error/
  t.throws(() => appSettings({ logger, logConnections: true }), message)
  t.throws(() => inherit(appSettings({ logger }), { logConnections: true }), message, 'of a route, too')
  t.doesNotThrow(() => appSettings({ logger, logConnections: false }))
  t.doesNotThrow(() => appSettings({ logConnections: true }), 'where the framework has one')
})

t.test('a logger has both of its methods', async (t) => {
  t.throws(
    () => appSettings({ logger: { warn: 1, error: 2 } as never }),
    /a logger, such as console or pino's: an object with the methods warn, error/,
  )
})

t.test('unknown names are refused, with advice', async (t) => {
  const rows: [name: string, message: RegExp][] = [
    ['maxMessage', /there is no option maxMessage here; did you mean maxMessageBytes\?/],
    ['pingInterval', /did you mean pingIntervalMs\?/],
    ['MaxFragments', /did you mean maxFragments\?/],
    ['max_fragments', /did you mean maxFragments\?/],
    ['origin', /did you mean origins\?/],
    ['maxPayload', /did you mean maxMessageBytes\?/],
    ['perMessageDeflate', /did you mean compression\?/],
    ['verifyClient', /the options are maxMessageBytes, /],
    ['__proto__x', /the options are/],
    ['constructor', /there is no option constructor/],
    ['toString', /there is no option toString/],
  ]
  for (const [name, message] of rows) {
    t.throws(() => appSettings({ [name]: 1 } as AppOptions), { name: 'TypeError', message })
    t.throws(() => routeOptions({ [name]: 1 } as AppOptions), { name: 'TypeError' })
  }
  t.throws(() => appSettings({ drain: { spread: 1 } } as AppOptions), /drain\.spread here; did you mean/)
  for (const name of ['passUpgrades', 'drain', 'logger', 'clock', 'maxPendingHandshakes', 'maxTotalBytes']) {
    t.throws(() => routeOptions({ [name]: [] } as AppOptions), new RegExp(`the option ${name} is the app's`))
  }
})

t.test('a wrong value is shown as it is', async (t) => {
  t.throws(() => appSettings({ passUpgrades: [/x/, 'y', 1] } as never), /got \[ \/x\/, 'y', 1 \]/)
  t.throws(() => appSettings({ maxFragments: 'a\nb'.repeat(100) } as never), /got 'a\\nba.{0,160}$/)
  t.throws(() => appSettings({ maxFragments: { a: { b: {} } } } as never), /got \{ a: \[Object\] \}/)
  t.throws(() => appSettings({ maxFragments: -0 } as never), /got -0/)
  t.throws(() => appSettings({ maxFragments: 10n } as never), /got 10n/)
})

t.test('options are an object', async (t) => {
  for (const options of [null, undefined, 1, 'any', []]) {
    t.throws(() => appSettings(options as never), TypeError)
    t.throws(() => routeOptions(options as never), TypeError)
  }
  t.throws(() => createWebSockets(null as never), /options are an object such as \{ maxMessageBytes: \.\.\. \}/)
})

t.test('limits that belong together', async (t) => {
  t.throws(() => appSettings({ maxUnsentBytes: 1_000 }), /maxUnsentBytes.*maxBufferedBytes/)
  t.doesNotThrow(() => appSettings({ maxUnsentBytes: 1_000, maxBufferedBytes: 1_000 }))
  t.throws(() => appSettings({ maxTotalBytes: 1_000 }), /maxTotalBytes \(1000\) .* maxMessageBytes \(1048576\)/)
  t.doesNotThrow(() => appSettings({ maxTotalBytes: 1_000, maxMessageBytes: 1_000 }))
  t.doesNotThrow(
    () => appSettings({ maxTotalBytes: 1_000, maxMessageBytes: 'unlimited' }),
    'the total is then the limit',
  )
})

t.test('a route lays its options over those around it', async (t) => {
  const around = appSettings({ maxMessageBytes: 10, maxFragments: 'unlimited', origins: ['https://a.example'] })
  const route = inherit(
    around,
    routeOptions({ maxMessageBytes: 'unlimited', maxFragments: undefined, requireOrigin: true }),
  )
  t.match(route, {
    maxMessageBytes: Infinity,
    maxFragments: Infinity,
    requireOrigin: true,
    origins: ['https://a.example'],
  })
  t.match(around, { maxMessageBytes: 10, requireOrigin: false }, 'and changes nothing there')
  t.match(inherit(route, { maxMessageBytes: 5 }), { maxMessageBytes: 5, requireOrigin: true })
})

t.test('drain takes what it is not told from the defaults', async (t) => {
  t.same(appSettings({ drain: { deadlineMs: 1, code: undefined } }).drain, {
    spreadMs: 5_000,
    deadlineMs: 1,
    code: 1001,
  })
  t.same(DEFAULTS.drain, { spreadMs: 5_000, deadlineMs: 10_000, code: 1001 })
})

t.test('what is safe is the default', async (t) => {
  t.match(DEFAULTS, { origins: [], requireOrigin: false, allowedHosts: undefined, protocols: [], passUpgrades: [] })
})

t.test('every default is the one that the documentation of its option names', async (t) => {
  const files = ['connection-options', 'options'].map((name) => readFileSync(`${ROOT}src/${name}.ts`, 'utf8'))
  const source = files.join('')
  for (const [option, , , , byDefault] of numbers) {
    const [, comment] = new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\s*readonly ${option}\\?`, 's').exec(source) ?? []
    const [, text] = /@defaultValue ([\d_]+)/.exec(comment ?? '') ?? []
    t.equal(Number(text?.replaceAll('_', '')), byDefault, option)
  }
})
