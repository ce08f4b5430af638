export const MAX_TOPIC_BYTES = 65_536
/** A code unit of UTF-16 takes at most three bytes of UTF-8. */
const SURELY_SHORT = Math.floor(MAX_TOPIC_BYTES / 3)
/** With the flag `u` a pair of surrogates is one character, and only a lone one is found. */
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A topic may have any characters, and goes to other processes as UTF-8: so it has to be text that UTF-8 can say.
 * @throws TypeError for what is no string, empty or no text; RangeError for more than 64 KiB
 */
export function checkTopic(topic: unknown, method: string): asserts topic is string {
  if (typeof topic !== 'string' || topic === '') {
    throw new TypeError(`${method}() takes a topic such as 'room:1'; got ${topic === '' ? `''` : describe(topic)}`)
  }
  if (LONE_SURROGATE.test(topic)) {
    throw new TypeError(`${method}() takes a topic of whole characters; this one has half of a surrogate pair in it`)
  }
  if (topic.length <= SURELY_SHORT) return
  const bytes = Buffer.byteLength(topic)
  if (bytes <= MAX_TOPIC_BYTES) return
  throw new RangeError(`a topic has at most ${MAX_TOPIC_BYTES} bytes of UTF-8; got ${bytes}`)
}

function describe(topic: unknown): string {
  if (topic === null || topic === undefined) return String(topic)
  return Array.isArray(topic) ? 'a list: call it for each' : `a value of type ${typeof topic}`
}
