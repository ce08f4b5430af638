import t from 'tap'
import { type Place, Quota } from '../src/quota.ts'

function taken(place: Place | string): Place {
  if (typeof place === 'string') throw new Error(place)
  return place
}

t.test('R01 in all: at the limit, and one past it', async (t) => {
  const quota = new Quota({ maxConnections: 2, maxConnectionsPerAddress: Infinity })
  const [first] = [taken(quota.take('192.0.2.1')), taken(quota.take(undefined))]
  t.equal(quota.take('192.0.2.2'), 'maxConnections')
  first.release()
  first.release()
  taken(quota.take('192.0.2.2'))
  t.equal(quota.take('192.0.2.2'), 'maxConnections', 'a place given back twice is one place')
  t.equal(quota.addresses, 0, 'addresses are counted only where they have a limit')
})

t.test('R01 from one address, a /64 being one', async (t) => {
  const quota = new Quota({ maxConnections: Infinity, maxConnectionsPerAddress: 2 })
  const places = ['2001:db8::1', '2001:db8::ffff:1', '192.0.2.1', '::ffff:192.0.2.1'].map((one) => quota.take(one))
  t.equal(quota.take('2001:db8:0:0:abcd::'), 'maxConnectionsPerAddress')
  t.equal(quota.take('192.0.2.1'), 'maxConnectionsPerAddress')
  taken(quota.take('192.0.2.2')).release()
  for (let i = 0; i < 5; i++) taken(quota.take(undefined)).release()
  t.equal(quota.addresses, 2)
  for (const place of places) taken(place).release()
  t.equal(quota.addresses, 0, 'nothing is left of them')
})
