import t from 'tap'
import {
  type ExtensionOffer,
  isToken,
  parseExtensions,
  serializeExtensions,
} from '../../src/protocol/extension-header.ts'

const wellFormed: [rule: string, header: string, expected: ExtensionOffer[]][] = [
  ['a name', 'foo', [{ name: 'foo', params: [] }]],
  ['a flag', 'foo; bar', [{ name: 'foo', params: [['bar', true]] }]],
  ['a value', 'foo; bar=baz', [{ name: 'foo', params: [['bar', 'baz']] }]],
  ['a quoted value', 'foo; bar="baz"', [{ name: 'foo', params: [['bar', 'baz']] }]],
  ['quoted pairs', 'foo; bar="\\b\\a\\z1\\0"', [{ name: 'foo', params: [['bar', 'baz10']] }]],
  [
    'no spaces at all',
    'a;b;c=d,e',
    [
      {
        name: 'a',
        params: [
          ['b', true],
          ['c', 'd'],
        ],
      },
      { name: 'e', params: [] },
    ],
  ],
  [
    'spaces and tabs between the parts',
    ' a \t; b ;\tc=d , e ',
    [
      {
        name: 'a',
        params: [
          ['b', true],
          ['c', 'd'],
        ],
      },
      { name: 'e', params: [] },
    ],
  ],
  [
    'several offers of one extension',
    'a; b=1, a',
    [
      { name: 'a', params: [['b', '1']] },
      { name: 'a', params: [] },
    ],
  ],
  [
    'the same parameter twice',
    'a; b=1; b=2; b',
    [
      {
        name: 'a',
        params: [
          ['b', '1'],
          ['b', '2'],
          ['b', true],
        ],
      },
    ],
  ],
  [
    'names of Object.prototype',
    '__proto__; constructor; __proto__=1',
    [
      {
        name: '__proto__',
        params: [
          ['constructor', true],
          ['__proto__', '1'],
        ],
      },
    ],
  ],
  ['case is kept', 'PERMESSAGE-DEFLATE', [{ name: 'PERMESSAGE-DEFLATE', params: [] }]],
  [
    'values are texts',
    'a; b=08; c=0x9; d=+9',
    [
      {
        name: 'a',
        params: [
          ['b', '08'],
          ['c', '0x9'],
          ['d', '+9'],
        ],
      },
    ],
  ],
]

for (const [rule, header, expected] of wellFormed) {
  t.test(`§9.1 ${rule}`, async (t) => {
    const offers = parseExtensions(header)
    t.same(offers, expected)
    t.same(parseExtensions(serializeExtensions(expected)), expected, 'written, it reads the same')
    for (const { params } of offers ?? [])
      t.ok(params.every(([name, value]) => isToken(name) && (value === true || isToken(value))))
  })
}

const malformed: [rule: string, header: string][] = [
  ['nothing', ''],
  ['only spaces', ' \t'],
  ['only a comma', ','],
  ['an empty element', 'a,,b'],
  ['an empty element in front', ',a'],
  ['an empty element, then a name', ',;constructor'],
  ['an empty element at the end', 'a,'],
  ['a semicolon and nothing', 'permessage-deflate;'],
  ['two semicolons', 'a;;b'],
  ['a semicolon in front', ';a'],
  ['a name of two words', 'a b'],
  ['a name that is no token', 'a@b'],
  ['a value without a name', 'a; =b'],
  ['no value behind the equals sign', 'a; b='],
  ['an empty quoted value', 'a; b=""'],
  ['a quoted value that is no token', 'a; b=" 9"'],
  ['a quoted pair that is no token character', 'a; b="\\ 9"'],
  ['NUL in a quoted value', 'a; b="1\0"'],
  ['a quoted value that does not end', 'a; b="c'],
  ['a quoted value that ends in a backslash', 'a; b="c\\"'],
  ['something behind a quoted value', 'a; b="c"d'],
  ['spaces around the equals sign', 'a; b = 9'],
  ['a second value', 'a; b=c=d'],
  ['quotes around a parameter', 'a; "b"=c'],
  ['a line end', 'a\n'],
]

for (const [rule, header] of malformed) {
  t.test(`§9.1 malformed: ${rule}`, async (t) => t.equal(parseExtensions(header), undefined))
}

t.test('32 offers, and 32 parameters in each, are the most', async (t) => {
  const repeat = (times: number, text: string, between: string): string => Array(times).fill(text).join(between)
  t.equal(parseExtensions(repeat(32, 'x', ', '))?.length, 32)
  t.equal(parseExtensions(repeat(33, 'x', ', ')), undefined)
  t.equal(parseExtensions(repeat(500, 'x', ',')), undefined)
  t.equal(parseExtensions(`x; ${repeat(32, 'p', '; ')}`)?.[0].params.length, 32)
  t.equal(parseExtensions(`x; ${repeat(33, 'p', '; ')}`), undefined)
  t.equal(parseExtensions(`x; ${repeat(33, 'p', '; ')}, y`), undefined)
  t.equal(parseExtensions(repeat(32, `x; ${repeat(32, 'p', '; ')}`, ', '))?.length, 32)
})

t.test('time is linear in the header', async (t) => {
  const long = 300_000
  const headers = [
    `x; a="${'\\c'.repeat(long)}`,
    `x; a="${'c'.repeat(long)}`,
    `x${' '.repeat(long)}y`,
    `x; a${' '.repeat(long)}=`,
    `x;${' '.repeat(long)}`,
    'x'.repeat(long),
    'x;a,'.repeat(long),
  ]
  for (const header of headers) {
    // In quadratic time this would take minutes, longer than a test may: it is 20 times what Node admits.
    const isRight = header === 'x'.repeat(long)
    t.equal(parseExtensions(header)?.length, isRight ? 1 : undefined, JSON.stringify(header.slice(0, 10)))
  }
})

t.test('§9.1 written as an answer', async (t) => {
  t.equal(serializeExtensions([{ name: 'permessage-deflate', params: [] }]), 'permessage-deflate')
  const params: ExtensionOffer['params'] = [
    ['server_no_context_takeover', true],
    ['client_max_window_bits', '12'],
  ]
  t.equal(
    serializeExtensions([
      { name: 'permessage-deflate', params },
      { name: 'x', params: [] },
    ]),
    'permessage-deflate; server_no_context_takeover; client_max_window_bits=12, x',
  )
})
