/**
 * Begins the channels of a prefix, and of one partition where they are sharded. Behind the prefix is a brace, which none has in it: so
 * whatever a peer calls a topic, it is no channel of an app whose prefix is longer.
 */
export function channelsOf(prefix: string, partition?: number): string {
  return `${prefix}{${partition ?? ''}}:`
}
