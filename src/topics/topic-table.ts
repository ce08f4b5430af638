import { countOf, eachOf, hasMember, type Members, withMember, withoutMember } from './members.ts'

/** Who is subscribed to what. Knows nothing of messages. */
export class TopicTable<Member extends object> {
  readonly #topics = new Map<string, Members<Member>>()
  /** Grows with every change, so that a loop sees whether one was made meanwhile. */
  #changes = 0

  /** How many topics have anybody. */
  get size(): number {
    return this.#topics.size
  }

  names(): Iterable<string> {
    return this.#topics.keys()
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  count(topic: string): number {
    return countOf(this.#topics.get(topic))
  }

  /** Returns whether it is the topic's first. */
  add(topic: string, member: Member): boolean {
    const members = this.#topics.get(topic)
    const more = withMember(members, member)
    this.#changes++
    if (more !== members) this.#topics.set(topic, more)
    return members === undefined
  }

  /** Returns whether it was the topic's last. */
  delete(topic: string, member: Member): boolean {
    const members = this.#topics.get(topic)
    if (members === undefined) return false
    const less = withoutMember(members, member)
    this.#changes++
    if (less === undefined) this.#topics.delete(topic)
    else if (less !== members) this.#topics.set(topic, less)
    return less === undefined
  }

  /**
   * Calls `visit` for each member. What it leads to may subscribe and unsubscribe: whoever comes meanwhile is not visited, and
   * neither is whoever goes.
   */
  visit(topic: string, visit: (member: Member) => void): void {
    const members = this.#topics.get(topic)
    if (members === undefined) return
    if (!(members instanceof Set)) {
      visit(members)
      return
    }
    const before = this.#changes
    for (const member of Array.from(members)) {
      if (this.#changes === before || this.#has(topic, member)) visit(member)
    }
  }

  /** The members now. */
  list(topic: string): Member[] {
    return [...eachOf(this.#topics.get(topic))]
  }

  #has(topic: string, member: Member): boolean {
    return hasMember(this.#topics.get(topic), member)
  }
}
