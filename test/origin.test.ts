import type { IncomingMessage } from 'node:http'
import t from 'tap'
import type { RouteSettings } from '../src/defaults.ts'
import { checkOrigin } from '../src/origin.ts'
import { appSettings } from '../src/settings.ts'

type Options = Partial<Pick<RouteSettings, 'origins' | 'requireOrigin' | 'allowedHosts'>>
type Row = [rule: string, origin: string | undefined, host: string | undefined, options: Options, allowed: boolean]

const good = { origins: ['https://good.example'] }
const wild = { origins: ['https://*.example.com'] }

const rows: Row[] = [
  // no browser
  ['no Origin: not a browser', undefined, 'h', {}, true],
  ['no Origin, with a list', undefined, 'h', good, true],
  ['requireOrigin', undefined, 'h', { requireOrigin: true }, false],
  ['requireOrigin, and an origin', 'http://h', 'h', { requireOrigin: true }, true],
  ["requireOrigin with 'any'", undefined, 'h', { requireOrigin: true, origins: 'any' }, false],

  // the request's own
  ['its own origin', 'https://app.example', 'app.example', {}, true],
  ['X01 H34 another', 'https://evil.example', 'app.example', {}, false],
  ['H35 null', 'null', 'h', {}, false],
  ['H35 null, over a host of that name', 'null', 'null', {}, false],
  ['H35 empty', '', 'h', {}, false],
  ['H35 two origins', 'https://h, https://evil.example', 'h', {}, false],
  ['no Host', 'https://h', undefined, {}, false],
  ['a sibling', 'https://other.app.example', 'app.example', {}, false],
  ['the parent', 'https://app.example', 'x.app.example', {}, false],
  ['the scheme is not compared: proxies end TLS', 'https://h', 'h', {}, true],
  ['nor is it with a port', 'http://h:8080', 'h:8080', {}, true],
  ['case', 'HTTPS://APP.Example', 'app.EXAMPLE', {}, true],
  ['the default port written out', 'https://h', 'h:443', {}, true],
  ['and in the origin', 'http://h:80', 'h', {}, true],
  ['another port', 'https://h:444', 'h', {}, false],
  ['another port of the host', 'https://h', 'h:8443', {}, false],
  ['80 is not the port of https', 'https://h', 'h:80', {}, false],
  ['IPv6', 'http://[2001:db8::1]:3000', '[2001:db8::1]:3000', {}, true],
  ['another IPv6', 'http://[2001:db8::2]', '[2001:db8::1]', {}, false],
  ['an address', 'http://192.0.2.1', '192.0.2.1', {}, true],
  ['a name and its address', 'http://192.0.2.1', 'h', {}, false],
  ['a path behind it', 'https://h/', 'h', {}, false],
  ['userinfo', 'https://h@evil.example', 'h', {}, false],
  ['userinfo in front of the host', 'https://evil.example@h', 'h', {}, false],
  ['userinfo in Host', 'https://h', 'evil@h', {}, false],
  ['a backslash', 'https://h\\@evil.example', 'h', {}, false],
  ['a trailing dot is another name', 'https://h.', 'h', {}, false],
  ['a page of an application', 'capacitor://localhost', 'api.example', {}, false],
  ['a local file', 'file://', 'h', {}, false],
  ['an extension', 'chrome-extension://abcdef', 'h', {}, false],

  // loopback
  ['a development server on another port', 'http://localhost:5173', 'localhost:3000', {}, true],
  ['by address', 'http://127.0.0.1:5173', 'localhost:3000', {}, true],
  ['any of 127/8', 'http://127.1.2.3', '127.0.0.1', {}, true],
  ['IPv6 loopback', 'http://[::1]:5173', 'localhost:3000', {}, true],
  ['under .localhost', 'http://app.localhost:5173', '127.0.0.1:3000', {}, true],
  ['a loopback page to a public server', 'http://localhost:3000', 'app.example', {}, false],
  ['X01 a public page to a loopback server', 'https://evil.example', 'localhost:3000', {}, false],
  ['a name that only begins so', 'https://localhost.evil.example', 'localhost', {}, false],
  ['a name that only ends so', 'https://evillocalhost', 'localhost', {}, false],
  ['an address that only begins so', 'https://127.0.0.1.evil.example', '127.0.0.1', {}, false],
  ['0.0.0.0 is no loopback', 'http://0.0.0.0:1', 'localhost:2', {}, false],

  // a list adds to its own
  ['H36 listed', 'https://good.example', 'h', good, true],
  ['H36 in capitals', 'HTTPS://GOOD.EXAMPLE', 'h', good, true],
  ['H36 its own beside the list', 'https://h', 'h', good, true],
  ['H36 as a prefix', 'https://good.example.evil.com', 'h', good, false],
  ['H36 as userinfo', 'https://good.example@evil.com', 'h', good, false],
  ['H36 another port', 'https://good.example:444', 'h', good, false],
  ['H36 another scheme', 'http://good.example', 'h', good, false],
  ['H36 a trailing dot', 'https://good.example.', 'h', good, false],
  ['H36 a punycode twin', 'https://xn--god-yoa.example', 'h', good, false],
  ['H36 an address', 'https://192.0.2.1', 'h', good, false],
  ['a subdomain', 'https://a.good.example', 'h', good, false],
  ['the dot is a dot', 'https://goodxexample', 'h', good, false],
  ['an application', 'capacitor://localhost', 'h', { origins: ['capacitor://localhost'] }, true],
  ['null by name', 'null', 'h', { origins: ['null'] }, true],
  ['with a port', 'https://a.example:8443', 'h', { origins: ['https://a.example:8443'] }, true],

  // whole labels
  ['one label', 'https://a.example.com', 'h', wild, true],
  ['two labels', 'https://a.b.example.com', 'h', wild, true],
  ['in capitals', 'https://A.EXAMPLE.COM', 'h', wild, true],
  ['none', 'https://example.com', 'h', wild, false],
  ['an empty one', 'https://.example.com', 'h', wild, false],
  ['half a label', 'https://evilexample.com', 'h', wild, false],
  ['in front of another name', 'https://a.example.com.evil.com', 'h', wild, false],
  ['as userinfo', 'https://a.example.com@evil.com', 'h', wild, false],
  ['another scheme', 'http://a.example.com', 'h', wild, false],
  ['another port', 'https://a.example.com:8443', 'h', wild, false],
  ['the same port', 'https://a.example.com:8443', 'h', { origins: ['https://*.example.com:8443'] }, true],
  ['the default port written out', 'https://a.example.com:443', 'h', wild, true],
  ['a trailing dot', 'https://a.example.com.', 'h', wild, false],
  ['null', 'null', 'h', wild, false],

  // switched off, or decided by a function
  ['any', 'https://evil.example', 'h', { origins: 'any' }, true],
  ['a function says yes', 'https://evil.example', 'h', { origins: () => true }, true],
  ['a function says no, also to its own', 'https://h', 'h', { origins: () => false }, false],
  ['a function is asked about browsers only', undefined, 'h', { origins: () => false }, true],

  // DNS rebinding
  ['H37 without allowedHosts a rebound name is its own', 'http://evil.example', 'evil.example', {}, true],
  ['H37 allowedHosts', 'http://evil.example', 'evil.example', { allowedHosts: ['app.example'] }, false],
  ['H37 allowedHosts, no browser', undefined, 'evil.example', { allowedHosts: ['app.example'] }, false],
  ["H37 allowedHosts with 'any'", 'https://a.example', 'evil.example', { origins: 'any', allowedHosts: ['a'] }, false],
  ['H37 an allowed host', 'http://app.example', 'app.example', { allowedHosts: ['app.example'] }, true],
  ['H37 with a port', 'http://app.example:3000', 'app.example:3000', { allowedHosts: ['app.example'] }, true],
  ['H37 in capitals', undefined, 'APP.example', { allowedHosts: ['App.Example'] }, true],
  ['H37 only with its port', undefined, 'h:1', { allowedHosts: ['h:2'] }, false],
  ['H37 IPv6', undefined, '[::1]:3000', { allowedHosts: ['[::1]'] }, true],
  ['H37 no Host', undefined, undefined, { allowedHosts: ['h'] }, false],
  ['H37 a list of none', undefined, 'h', { allowedHosts: [] }, false],
  ['H37 an allowed host is no allowed origin', 'https://evil.example', 'h', { allowedHosts: ['h'] }, false],
]

const check = (origin: string | undefined, host: string | undefined, options: Options) =>
  checkOrigin({ headers: { origin } } as IncomingMessage, host, appSettings(options))

for (const [rule, origin, host, options, allowed] of rows) {
  t.test(`§10.2 ${rule}`, async (t) => {
    const refusal = check(origin, host, options)
    t.equal(refusal === undefined, allowed)
    if (!allowed) t.match(refusal, { origin, host, advice: String })
  })
}

t.test('a refusal names the option that would admit it', async (t) => {
  t.match(check('https://a.example', 'h', {}), {
    advice: 'add it to origins to admit its pages: origins: ["https://a.example"]',
  })
  for (const origin of [
    '',
    'file://',
    'https://evil\u009b2J.example',
    'https://\u00e9vil.example',
    'https://a, https://b',
  ]) {
    t.match(check(origin, 'h', {}), { origin, advice: /^it is not as browsers write one; only a function/ })
  }
  t.match(check(undefined, 'h', { requireOrigin: true }), { advice: /requireOrigin: false/ })
  t.match(check(undefined, 'h', { allowedHosts: [] }), { advice: /allowedHosts/ })
  t.match(check('https://a.example', 'h', { origins: () => false }), { advice: /function/ })
})

t.test('a function gets the origin as it came, and the request', async (t) => {
  const told: unknown[] = []
  const request = { headers: { origin: 'https://A.example' } } as IncomingMessage
  checkOrigin(request, 'h', appSettings({ origins: (...args) => told.push(args) > 0 }))
  t.same(told, [['https://A.example', request]])
})

t.test('what is not true or false is no answer: a promise would admit everybody', async (t) => {
  for (const answer of [Promise.resolve(true), 1, 'yes', {}, undefined, null]) {
    const origins = (() => answer) as unknown as () => boolean
    t.throws(() => check('https://evil.example', 'h', { origins }), { name: 'TypeError', message: /true or false/ })
  }
})
