/** Listeners of channels that act on what they are told of, in the middle of it. */

import t from 'tap'
import { observe } from '../src/index.ts'
import { observing } from './support/observing.ts'
import { open, record, settle } from './support/open.ts'

for (const channel of ['sockroute:frame', 'sockroute:message'] as const) {
  t.test(`${channel}: who terminates the connection there gets nothing that came with it`, async (t) => {
    const { socket, peer, closes, errors } = open()
    const messages = record(socket)
    t.teardown(observe(channel, ({ connection }) => connection.terminate()))
    peer.text('first')
    peer.text('second')
    await settle()
    t.same([messages, closes, errors], [[], ['1006'], []])
  })

  t.test(`${channel}: in the middle of a message in parts, and of one that is sent`, async (t) => {
    const { socket, peer, closes, errors } = open()
    const messages = record(socket)
    peer.text('one ', false)
    await settle()
    t.teardown(observe(channel, ({ connection }) => connection.terminate()))
    peer.send(0, 'two')
    await settle()
    socket.send('too late')
    await settle()
    t.same([messages, closes, errors], [[], ['1006'], []])
    const other = open()
    other.socket.send('out')
    await settle()
    t.same([other.closes, other.errors], [['1006'], []])
  })

  t.test(`${channel}: who closes there gets the message, as a listener that closes would`, async (t) => {
    const { socket, peer, errors } = open()
    const messages = record(socket)
    t.teardown(observe(channel, ({ connection, direction }) => direction === 'in' && connection.close(4000)))
    peer.text('first')
    await settle()
    t.same([messages, errors], [['first'], []])
    t.equal(peer.frames[0].opcode, 8)
  })
}

t.test('of a message in parts that was begun before anybody looked nothing wrong is told', async (t) => {
  const { socket, peer } = open()
  record(socket)
  socket.send(Buffer.from('ab'), { fin: false })
  peer.text('12', false)
  await settle()
  const messages = observing(t, 'sockroute:message')
  socket.send(Buffer.from('c')) // its first part is not known any more, and with that what it is
  socket.send('d', { fin: false })
  socket.send('e')
  peer.send(0, '3')
  await settle()
  t.match(messages, [
    { direction: 'out', isBinary: false, byteLength: 2, wireLength: 2, data: undefined },
    { direction: 'in', isBinary: false, byteLength: 3, wireLength: 3 },
  ])
})
