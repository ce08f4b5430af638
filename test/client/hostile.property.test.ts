/** Whatever a server sends can close the connection, and nothing else. */
import fc from 'fast-check'
import t from 'tap'
import { CLIENT } from '../../src/client/client-role.ts'
import { offerDeflate, readDeflateAnswer } from '../../src/client/deflate-answer.ts'
import { COMPRESSION_DEFAULTS } from '../../src/defaults.ts'
import { acceptDeflate } from '../../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../../src/extensions/permessage-deflate.ts'
import { holds } from '../support/holds.ts'
import { open, record, settle } from '../support/open.ts'

/** Frames that are nearly right: any first byte, any length that is told, mask or none, and a payload that need not be as long. */
const frames = fc
  .tuple(
    fc.oneof(fc.constantFrom(0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1), fc.nat(255)),
    fc.oneof({ weight: 4, arbitrary: fc.nat(127) }, { weight: 1, arbitrary: fc.nat(255) }),
    fc.uint8Array({ maxLength: 130 }),
  )
  .map(([first, second, payload]) => Buffer.from([first, second, ...payload]))

const chunks = fc.array(
  fc.oneof(
    frames,
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  ),
  {
    maxLength: 12,
  },
)

function deflate(): PermessageDeflate {
  const wishes = { contextTakeover: true, windowBits: 15 }
  const accepted = acceptDeflate([offerDeflate(wishes)], wishes)
  const agreed = accepted && readDeflateAnswer(accepted.response, wishes)
  if (typeof agreed !== 'object') throw new Error('no agreement')
  return new PermessageDeflate(agreed, COMPRESSION_DEFAULTS)
}

t.test('any bytes of a server leave it open, or close it, and end in no exception', async (t) => {
  const property = fc.asyncProperty(chunks, fc.boolean(), async (parts, isCompressed) => {
    const opened = open({ role: CLIENT, ...(isCompressed ? { extension: deflate() } : {}) })
    opened.peer.answersPings = false
    record(opened.socket)
    const told: Error[] = []
    opened.socket.on('error', (error) => told.push(error))
    for (const part of parts) opened.peer.raw(part)
    await settle(3)
    opened.peer.hangUp()
    await settle(3)
    const isMasked = opened.peer.frames.every(({ key }) => key !== undefined)
    const isOver = opened.socket.readyState === 3 && opened.closes.length === 1 && opened.clock.timers === 0
    return isMasked && isOver && opened.errors.length === 0 && told.length <= 1
  })
  await holds(t, property, 400, ([parts, isCompressed]) => [parts.map((part) => part.toString('hex')), isCompressed])
})
