/** What is told of frames and messages on both sides, over every way that they take. */

import { constants, inflateRawSync } from 'node:zlib'
import t from 'tap'
import { CLIENT } from '../src/client/client-role.ts'
import { COMPRESSION_DEFAULTS } from '../src/defaults.ts'
import { acceptDeflate, type DeflateAgreement } from '../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../src/extensions/permessage-deflate.ts'
import type { Connection } from '../src/index.ts'
import { prepare } from '../src/index.ts'
import { observing } from './support/observing.ts'
import { open, record, settle } from './support/open.ts'

const TAIL = Buffer.from('0000ffff', 'hex')

function extension(contextTakeover: boolean): PermessageDeflate {
  const offers = [{ name: 'permessage-deflate', params: [] }]
  const agreement = acceptDeflate(offers, { contextTakeover, windowBits: 15 }) as DeflateAgreement
  return new PermessageDeflate(agreement, { ...COMPRESSION_DEFAULTS, thresholdBytes: 0 })
}

for (const bytes of [0, 125, 126, 65_535, 65_536, 300_000]) {
  const text = 'abcdefg'.repeat(bytes / 7 + 1).slice(0, bytes)
  const ways: Record<string, (socket: Connection) => void> = {
    text: (socket) => void socket.send(text),
    bytes: (socket) => void socket.send(Buffer.from(text)),
    prepared: (socket) => void socket.send(prepare(text)),
  }
  for (const [way, send] of Object.entries(ways)) {
    t.test(`${bytes} bytes go out as ${way}: from servers, from clients, and compressed`, async (t) => {
      const frames = observing(t, 'sockroute:frame')
      const messages = observing(t, 'sockroute:message')
      const isBinary = way === 'bytes'
      for (const options of [{}, { role: CLIENT }, { extension: extension(false) }, { extension: extension(true) }]) {
        const { socket, peer } = open(options)
        send(socket)
        await settle(60)
        const [{ rsv1, payload, key }] = peer.frames
        const wireLength = payload.length
        t.same(
          frames.splice(0).map((frame) => [frame.direction, frame.fin, frame.rsv1, frame.masked, frame.payloadLength]),
          [['out', true, rsv1, key !== undefined, wireLength]],
        )
        t.same(
          messages
            .splice(0)
            .map((one) => [one.isBinary, one.byteLength, one.wireLength, one.data?.toString() === text]),
          [[isBinary, bytes, wireLength, true]],
        )
        const whole = rsv1
          ? inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH })
          : payload
        t.equal(whole.toString(), text, 'and arrives')
        socket.terminate()
      }
    })
  }
}

t.test('a client is told of what comes, which is not masked', async (t) => {
  const frames = observing(t, 'sockroute:frame')
  const { peer } = open({ role: CLIENT })
  peer.text('hello')
  await settle()
  t.match(frames, [{ direction: 'in', masked: false, opcode: 1, payloadLength: 5, route: '' }])
})

t.test('who looks and looks away, in the middle of a message and of a turn, changes nothing of it', async (t) => {
  const { socket, peer } = open()
  const messages = record(socket)
  peer.text('one ', false)
  await settle()
  await t.test('looking', async (t) => {
    const seen = observing(t, 'sockroute:frame')
    peer.raw(peer.frame(0, 'two ', false).subarray(0, 3))
    peer.raw(peer.frame(0, 'two ', false).subarray(3))
    await settle()
    t.match(seen, [{ opcode: 0, fin: false, payloadLength: 4 }])
  })
  peer.send(0, 'three')
  await settle()
  t.same(messages, ['one two three'])
})
