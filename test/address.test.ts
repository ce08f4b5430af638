import t from 'tap'
import { addressKey } from '../src/address.ts'

const cases: [what: string, addresses: string[], key: string][] = [
  ['IPv4', ['192.0.2.7'], '192.0.2.7'],
  ['IPv4 mapped into IPv6', ['::ffff:192.0.2.7', '::ffff:c000:207', '0:0:0:0:0:FFFF:192.0.2.7'], '192.0.2.7'],
  ['all of a /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:0DB8:1:2:3:4:5:6'], '2001:db8:1:2'],
  ['the next /64', ['2001:db8:1:3::1'], '2001:db8:1:3'],
  ['zeros in front', ['::1', '::', '0::2', '::192.0.2.7'], '0:0:0:0'],
  ['zeros behind', ['2001:db8::'], '2001:db8:0:0'],
  ['a zone', ['fe80::1%eth0', 'fe80::2%eth1'], 'fe80:0:0:0'],
  ['what is no address stands for itself', ['unix'], 'unix'],
]

for (const [what, addresses, key] of cases) {
  t.test(what, async (t) => {
    for (const address of addresses) t.equal(addressKey(address), key, address)
  })
}
