import t from 'tap'
import { offerDeflate, readDeflateAnswer } from '../../src/client/deflate-answer.ts'
import { acceptDeflate, type DeflateWishes } from '../../src/extensions/deflate-offer.ts'
import { type ExtensionOffer, parseExtensions, serializeExtensions } from '../../src/protocol/extension-header.ts'

const NAME = 'permessage-deflate'
const ALONE: DeflateWishes = { contextTakeover: false, windowBits: 15 }
const TAKEOVER: DeflateWishes = { contextTakeover: true, windowBits: 15 }
const SMALL: DeflateWishes = { contextTakeover: true, windowBits: 11 }

const OFFERS: [wishes: DeflateWishes, expected: string][] = [
  [ALONE, `${NAME}; server_no_context_takeover; client_no_context_takeover; client_max_window_bits`],
  [TAKEOVER, `${NAME}; client_max_window_bits`],
  [SMALL, `${NAME}; server_max_window_bits=11; client_max_window_bits=11`],
]

for (const [wishes, expected] of OFFERS) {
  t.test(`the offer for ${JSON.stringify(wishes)}`, async (t) => {
    t.equal(serializeExtensions([offerDeflate(wishes)]), expected)
  })
}

/** `own/peer/bits`: whose messages stand alone, and our window; or the fault. */
type Row = [rule: string, section: string, answer: string, expected: string | RegExp, wishes: DeflateWishes]

const rows: Row[] = [
  ['both stand alone', '7.1.1', 'server_no_context_takeover; client_no_context_takeover', 'own peer 15', ALONE],
  ['ours do even if the server would let us', '7.1.1.2', 'server_no_context_takeover', 'own peer 15', ALONE],
  ['the server must stand alone when asked', '7.1.1.1', '', /^server_no_context_takeover was asked for/, ALONE],
  ['nobody does', '7.1.1', '', '- - 15', TAKEOVER],
  ['the server does unasked', '7.1.1.1', 'server_no_context_takeover', '- peer 15', TAKEOVER],
  ['it may tell us to', '7.1.1.2', 'client_no_context_takeover', 'own - 15', TAKEOVER],
  ['it limits itself unasked', '7.1.2.1', 'server_max_window_bits=8', '- - 15', TAKEOVER],
  ['it limits us', '7.1.2.2', 'client_max_window_bits=10', '- - 10', TAKEOVER],
  ['to as little as there is', '7.1.2.2', 'client_max_window_bits=8', '- - 8', TAKEOVER],
  ['it must limit itself when asked', '7.1.2.1', '', /^server_max_window_bits was asked for/, SMALL],
  ['as far as asked', '7.1.2.1', 'server_max_window_bits=11', '- - 11', SMALL],
  ['or further', '7.1.2.1', 'server_max_window_bits=9', '- - 11', SMALL],
  ['not less', '7.1.2.1', 'server_max_window_bits=12', /more than the 11 that were offered/, SMALL],
  [
    'nor may it allow us more than we have',
    '7.1.2.2',
    'server_max_window_bits=11; client_max_window_bits=12',
    /client_max_window_bits=12 is more than the 11/,
    SMALL,
  ],
  ...['server_no_context_takeover', 'client_no_context_takeover'].map(
    (flag): Row => [`${flag} with a value`, '7.1.1', `${flag}=1`, /not one that takes a value/, TAKEOVER],
  ),
  ...['server_max_window_bits', 'client_max_window_bits'].flatMap((name): Row[] => [
    [`${name} without a value`, '7.1.2', name, /no number from 8 to 15/, TAKEOVER],
    ...['7', '16', '08', '0x9', '9.0', '1e1'].map(
      (bits): Row => [`${name}=${bits}`, '7.1.2', `${name}=${bits}`, /no number from 8 to 15/, TAKEOVER],
    ),
  ]),
  ['an unknown parameter', '7.1', 'x_window=1', 'the parameter x_window=1 is unknown', TAKEOVER],
  ['a name of every object', '7.1', '__proto__', 'the parameter __proto__ is unknown', TAKEOVER],
  [
    'a parameter twice',
    '7.1',
    'server_max_window_bits=10; server_max_window_bits=10',
    'permessage-deflate has a parameter twice',
    TAKEOVER,
  ],
]

for (const [rule, section, answer, expected, wishes] of rows) {
  t.test(`RFC 7692 §${section} ${rule}`, async (t) => {
    const agreement = readDeflateAnswer(parse(answer === '' ? NAME : `${NAME}; ${answer}`), wishes)
    if (typeof agreement === 'string') {
      t.match(agreement, expected)
      return
    }
    const { ownNoContextTakeover, peerNoContextTakeover, ownMaxWindowBits } = agreement
    t.equal(
      `${ownNoContextTakeover ? 'own' : '-'} ${peerNoContextTakeover ? 'peer' : '-'} ${ownMaxWindowBits}`,
      expected,
    )
  })
}

t.test('what our own server answers to our offers is right, and they mean the same by it', async (t) => {
  const all = [ALONE, TAKEOVER, SMALL, { contextTakeover: false, windowBits: 9 }]
  for (const client of all) {
    for (const server of all) {
      const accepted = acceptDeflate([offerDeflate(client)], server)
      if (accepted === undefined) throw new Error('our server declines our offer')
      const agreed = readDeflateAnswer(accepted.response, client)
      if (typeof agreed === 'string') throw new Error(agreed)
      t.equal(agreed.peerNoContextTakeover, accepted.ownNoContextTakeover)
      t.ok(agreed.ownNoContextTakeover || !accepted.peerNoContextTakeover, 'the server may count on it')
    }
  }
})

function parse(header: string): ExtensionOffer {
  const [answer] = parseExtensions(header) ?? []
  return answer
}
