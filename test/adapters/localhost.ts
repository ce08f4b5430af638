import dns from 'node:dns'
import type { Test } from 'tap'

const ADDRESSES = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Not every machine that has ::1 says so when it is asked for localhost. */
export function onTwoAddresses(t: Test): void {
  const { lookup } = dns
  dns.lookup = ((...args: unknown[]) => {
    const [name, options, callback] = args
    const isAll = name === 'localhost' && typeof options === 'object' && (options as { all?: boolean }).all === true
    if (isAll) process.nextTick(callback as () => void, null, ADDRESSES)
    else Reflect.apply(lookup, dns, args)
  }) as typeof lookup
  t.teardown(() => {
    dns.lookup = lookup
  })
}
