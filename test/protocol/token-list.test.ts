import t from 'tap'
import { includesToken, isToken, parseTokens } from '../../src/protocol/token-list.ts'

const EVERY_TOKEN_CHARACTER = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

t.test('RFC 9110 §5.6.2 a token is one or more of its 77 characters', async (t) => {
  t.ok(isToken(EVERY_TOKEN_CHARACTER))
  t.notOk(isToken(''))
  const wrong: number[] = []
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code)
    if (isToken(character) !== EVERY_TOKEN_CHARACTER.includes(character)) wrong.push(code)
    if (isToken(`a${character}`) !== EVERY_TOKEN_CHARACTER.includes(character)) wrong.push(code)
  }
  t.same(wrong, [])
})

const lists: [rule: string, header: string, expected: string[] | undefined][] = [
  ['one', 'a', ['a']],
  ['several, in order, repeated too', 'b,a, b', ['b', 'a', 'b']],
  ['spaces and tabs around them', ' \ta\t ,\t b ', ['a', 'b']],
  ['every character', EVERY_TOKEN_CHARACTER, [EVERY_TOKEN_CHARACTER]],
  ['none', '', undefined],
  ['only spaces', '  ', undefined],
  ['only a comma', ',', undefined],
  ['an empty element in front', ',a', undefined],
  ['an empty element between', 'a,,b', undefined],
  ['an empty element at the end', 'a,', undefined],
  ['a space inside', 'a b', undefined],
  ['a quoted string', '"a"', undefined],
  ['a parameter', 'a;b', undefined],
  ['no-break space, which trim() would take', '\u00a0a', undefined],
  ['a line end', 'a\n', undefined],
]

for (const [rule, header, expected] of lists) {
  t.test(`RFC 9110 §5.6.1 ${rule}`, async (t) => {
    t.same(parseTokens(header, 32), expected)
    t.same(parseTokens(header, 32), expected, 'and again: no state is kept')
  })
}

t.test('a list longer than its limit is refused', async (t) => {
  const header = Array.from({ length: 32 }, (_, at) => `t${at}`).join(', ')
  t.equal(parseTokens(header, 32)?.length, 32)
  t.equal(parseTokens(`${header}, t32`, 32), undefined)
})

t.test('includes: in any case, among elements of any kind', async (t) => {
  t.ok(includesToken('keep-alive, Upgrade', 'upgrade'))
  t.ok(includesToken('UPGRADE', 'upgrade'))
  t.ok(includesToken('h2c,\twebsocket', 'websocket'))
  t.ok(includesToken(',, "x" y; z , websocket', 'websocket'))
  t.notOk(includesToken('', 'upgrade'))
  t.notOk(includesToken('upgrades', 'upgrade'))
  t.notOk(includesToken('web socket', 'websocket'))
  t.notOk(includesToken('websocket/13', 'websocket'))
})

t.test('time is linear in the header', async (t) => {
  const long = 1_000_000
  for (const header of [
    `b${' '.repeat(long)}x`,
    `${'b'.repeat(long)} x`,
    `${' '.repeat(long)}`,
    'a, '.repeat(long / 3),
  ]) {
    // In quadratic time this would take minutes, longer than a test may: it is 60 times what Node admits.
    t.equal(parseTokens(header, Number.POSITIVE_INFINITY), undefined, JSON.stringify(header.slice(0, 5)))
    t.notOk(includesToken(header, 'upgrade'))
  }
})
