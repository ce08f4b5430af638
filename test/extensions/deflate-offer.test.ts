import t from 'tap'
import { acceptDeflate, type DeflateWishes } from '../../src/extensions/deflate-offer.ts'
import { type ExtensionOffer, parseExtensions, serializeExtensions } from '../../src/protocol/extension-header.ts'

const NAME = 'permessage-deflate'
const FLAGS = `${NAME}; server_no_context_takeover; client_no_context_takeover`
const ALONE: DeflateWishes = { contextTakeover: false, windowBits: 15 }
const TAKEOVER: DeflateWishes = { contextTakeover: true, windowBits: 15 }
const SMALL: DeflateWishes = { contextTakeover: true, windowBits: 11 }

type Row = [rule: string, section: string, offered: string, answered: string | undefined, wishes?: DeflateWishes]

const declined = (section: string, rule: string, params: string): Row[] => [
  [`${rule}: declined`, section, `${NAME}; ${params}`, undefined],
  [`${rule}: the next offer is looked at`, section, `${NAME}; ${params}, ${NAME}`, FLAGS],
]

const rows: Row[] = [
  ['no parameters', '7.1', NAME, FLAGS],
  ['no parameters, with context takeover', '7.1', NAME, NAME, TAKEOVER],
  ['nothing of ours', '5', 'x-webkit-deflate-frame', undefined],
  ['names are compared as they stand', '5', 'PERMESSAGE-DEFLATE', undefined],
  ['names of every object', '5', '__proto__, constructor, toString', undefined],
  [
    'the first acceptable offer wins',
    '5',
    `x, ${NAME}; server_max_window_bits=10, ${NAME}`,
    `${FLAGS}; server_max_window_bits=10`,
  ],
  [
    'server_no_context_takeover binds us',
    '7.1.1.1',
    `${NAME}; server_no_context_takeover`,
    `${NAME}; server_no_context_takeover`,
    TAKEOVER,
  ],
  [
    'client_no_context_takeover is answered',
    '7.1.1.2',
    `${NAME}; client_no_context_takeover`,
    `${NAME}; client_no_context_takeover`,
    TAKEOVER,
  ],
  ...['server_no_context_takeover', 'client_no_context_takeover'].flatMap((flag) =>
    declined('7.1.1', `${flag} with a value`, `${flag}=1`),
  ),
  ...['9', '10', '11', '12', '13', '14', '15'].map(
    (bits): Row => [
      `a window of ${bits}`,
      '7.1.2.1',
      `${NAME}; server_max_window_bits=${bits}`,
      `${FLAGS}; server_max_window_bits=${bits}`,
    ],
  ),
  ['a quoted value', '7.1.2.1', `${NAME}; server_max_window_bits="12"`, `${FLAGS}; server_max_window_bits=12`],
  ...['8', '7', '16', '99', '08', '0x9', '9.0', '1e1', '+9', '-9', '1', '010'].flatMap((bits) =>
    declined('7.1.2.1', `server_max_window_bits=${bits}`, `server_max_window_bits=${bits}`),
  ),
  ...declined('7.1.2.1', 'server_max_window_bits without a value', 'server_max_window_bits'),
  ['client_max_window_bits needs no answer', '7.1.2.2', `${NAME}; client_max_window_bits`, FLAGS],
  ['nor with a value', '7.1.2.2', `${NAME}; client_max_window_bits=8`, FLAGS],
  ...['7', '16', '08', '0x9'].flatMap((bits) =>
    declined('7.1.2.2', `client_max_window_bits=${bits}`, `client_max_window_bits=${bits}`),
  ),
  ['our limit is told', '7.1.2.1', NAME, `${NAME}; server_max_window_bits=11`, SMALL],
  [
    'and the client’s, where it understands that',
    '7.1.2.2',
    `${NAME}; client_max_window_bits`,
    `${NAME}; server_max_window_bits=11; client_max_window_bits=11`,
    SMALL,
  ],
  [
    'a client that limits itself further',
    '7.1.2.2',
    `${NAME}; client_max_window_bits=9`,
    `${NAME}; server_max_window_bits=11; client_max_window_bits=9`,
    SMALL,
  ],
  [
    'a limit of the client’s below ours',
    '7.1.2.1',
    `${NAME}; server_max_window_bits=9`,
    `${NAME}; server_max_window_bits=9`,
    SMALL,
  ],
  [
    'a limit of the client’s above ours',
    '7.1.2.1',
    `${NAME}; server_max_window_bits=14`,
    `${NAME}; server_max_window_bits=11`,
    SMALL,
  ],
  ...declined('7.1', 'an unknown parameter', 'x_window'),
  ...declined('7.1', 'a name of every object', '__proto__=1'),
  ...declined('7.1', 'a parameter twice', 'client_max_window_bits; client_max_window_bits'),
  [
    'all at once',
    '7.1',
    `${NAME}; client_max_window_bits=15; server_max_window_bits=12; client_no_context_takeover; server_no_context_takeover`,
    `${FLAGS}; server_max_window_bits=12`,
    TAKEOVER,
  ],
]

for (const [rule, section, offered, answered, wishes = ALONE] of rows) {
  t.test(`§${section} ${rule}: ${offered}`, async (t) => {
    const agreement = acceptDeflate(parseExtensions(offered) as ExtensionOffer[], wishes)
    t.equal(agreement && serializeExtensions([agreement.response]), answered)
  })
}

t.test('what is agreed on is what is said', async (t) => {
  const agreed = acceptDeflate(
    parseExtensions(`${NAME}; server_max_window_bits=10; client_no_context_takeover`) ?? [],
    TAKEOVER,
  )
  t.match(agreed, { ownNoContextTakeover: false, peerNoContextTakeover: true, ownMaxWindowBits: 10 })
})
