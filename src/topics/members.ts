/** None, one or many. One alone is kept bare: most topics have one subscriber, and most sockets one topic. */
export type Members<Item extends object | string> = Item | Set<Item> | undefined

export function withMember<Item extends object | string>(members: Members<Item>, item: Item): Members<Item> {
  if (members === undefined || members === item) return item
  if (members instanceof Set) return members.add(item)
  return new Set([members, item])
}

/** A set that a loop goes through keeps its last member: the loop may be what takes them out. */
export function withoutMember<Item extends object | string>(members: Members<Item>, item: Item): Members<Item> {
  if (!(members instanceof Set)) return members === item ? undefined : members
  if (members.size > 2 || !members.has(item)) {
    members.delete(item)
    return members
  }
  members.delete(item)
  const [last] = members
  return last
}

export function hasMember<Item extends object | string>(members: Members<Item>, item: Item): boolean {
  return members instanceof Set ? members.has(item) : members === item
}

export function countOf(members: Members<object | string>): number {
  if (members === undefined) return 0
  return members instanceof Set ? members.size : 1
}

/** All of them. They may change while a loop goes through these. */
export function eachOf<Item extends object | string>(members: Members<Item>): Iterable<Item> {
  if (members === undefined) return []
  return members instanceof Set ? members : [members]
}
