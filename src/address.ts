import { isIPv6 } from 'node:net'

/**
 * What stands for one client among addresses: an IPv4 address, mapped into IPv6 or not, by itself; of an IPv6 address its first
 * 64 bits, since whoever has one has all that begin alike. RFC 4291 §2.5.4, §2.5.5.2; RFC 6177 §2
 */
export function addressKey(address: string): string {
  const [bare] = address.split('%') // a zone is the machine's own, RFC 4007 §11
  if (!isIPv6(bare)) return bare
  const groups = groupsOf(bare)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255].join('.')
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** All eight of them. */
function groupsOf(address: string): number[] {
  const [head, tail] = address.split('::').map((part) => part.split(':').filter(Boolean).flatMap(numbersOf))
  if (tail === undefined) return head
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

/** The last two may be written as an IPv4 address. RFC 4291 §2.2 */
function numbersOf(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)]
  const [a, b, c, d] = group.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}
