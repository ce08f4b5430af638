import { createHash } from 'node:crypto'

/** A server takes 4 KiB for subject and all that is on its line; what is longer is known by its hash. */
const LONGEST = 255

/**
 * The subject of a topic. It keeps what a subject may have, so that it can be read; dots, wildcards and spaces are escaped. A hash is
 * behind a dot, which an escaped topic never has.
 */
export function subjectOf(prefix: string, topic: string): string {
  if (topic.length <= LONGEST) {
    const escaped = encodeURIComponent(topic).replace(/[.*]/g, (character) => (character === '.' ? '%2E' : '%2A'))
    if (escaped !== '' && escaped.length <= LONGEST) return prefix + escaped
  }
  return `${prefix}sha256.${createHash('sha256').update(topic).digest('base64url')}`
}
