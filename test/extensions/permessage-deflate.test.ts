import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { COMPRESSION_DEFAULTS } from '../../src/defaults.ts'
import { acceptDeflate, type DeflateAgreement } from '../../src/extensions/deflate-offer.ts'
import { negotiate } from '../../src/extensions/negotiate.ts'
import { PermessageDeflate } from '../../src/extensions/permessage-deflate.ts'
import { canDriveZlib } from '../../src/extensions/zlib-check.ts'
import { deflateHandle } from '../../src/extensions/zlib-handle.ts'

const OFFERS = [{ name: 'permessage-deflate', params: [] }]

function agreed(contextTakeover: boolean, windowBits = 15, level = 5): PermessageDeflate {
  const agreement = acceptDeflate(OFFERS, { contextTakeover, windowBits }) as DeflateAgreement
  return new PermessageDeflate(agreement, { ...COMPRESSION_DEFAULTS, level })
}

t.test('messages on their own: all connections share a few states', async (t) => {
  const [one, other] = [agreed(false), agreed(false)]
  const deflater = one.takeDeflater()
  one.giveDeflater(deflater)
  t.equal(other.takeDeflater(), deflater)
  other.giveDeflater(deflater)
  const inflaters = Array.from({ length: 10 }, () => one.takeInflater())
  t.equal(new Set(inflaters).size, 10, 'none is used twice at once')
  for (const inflater of inflaters) other.giveInflater(inflater)
  const again = Array.from({ length: 10 }, () => other.takeInflater())
  t.equal(again.filter((inflater) => inflaters.includes(inflater)).length, 4, 'four are kept')
  for (const inflater of again) other.giveInflater(inflater)
})

t.test('what compresses to other bytes is another state', async (t) => {
  const all = [agreed(false), agreed(false, 10), agreed(false, 15, 1)]
  t.equal(new Set(all.map(({ key }) => key)).size, 3)
  const deflaters = all.map((extension) => extension.takeDeflater())
  t.equal(new Set(deflaters).size, 3)
  for (const [at, extension] of all.entries()) extension.giveDeflater(deflaters[at])
})

t.test('with context takeover each has its own, from its first message on to its end', async (t) => {
  const [one, other] = [agreed(true), agreed(true)]
  t.same([one.keepsContext, one.header], [true, 'permessage-deflate'])
  const [inflater, deflater] = [one.takeInflater(), one.takeDeflater()]
  one.giveInflater(inflater)
  one.giveDeflater(deflater)
  t.same([one.takeInflater() === inflater, one.takeDeflater() === deflater], [true, true])
  t.same([other.takeInflater() === inflater, other.takeDeflater() === deflater], [false, false])
  one.close()
  deflater.begin(Buffer.from('late'))
  t.throws(() => deflater.step(), /closed/)
  other.close()
  agreed(true).close()
})

t.test('negotiation: off, on, and with options', async (t) => {
  t.equal(negotiate(OFFERS, false), undefined)
  t.equal(negotiate([], true), undefined)
  t.equal(negotiate([{ name: 'x', params: [] }], true), undefined)
  t.match(negotiate(OFFERS, true), { thresholdBytes: 1_024, keepsContext: false })
  t.match(negotiate(OFFERS, { thresholdBytes: 7, contextTakeover: true, level: undefined }), {
    thresholdBytes: 7,
    keepsContext: true,
    key: '15/5',
  })
})

t.test('this Node’s zlib can be driven', async (t) => {
  t.equal(canDriveZlib(), true)
})

t.test('a state is made outside of the request that needs it first, whose storage it would keep alive', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  let seen: string | undefined = 'never read'
  const options = {
    get level() {
      seen = storage.getStore()
      return 5
    },
  }
  storage.run('the request', () => deflateHandle(options).close())
  t.equal(seen, undefined)
})
