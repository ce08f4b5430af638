import { ignore } from './in-turn.ts'
import type { Logger } from './options.ts'
import { isThenable } from './thenable.ts'

/** Of one text: headers may have 16 KiB, and more where Node is told so. */
const MOST_CHARACTERS = 2_048
/** What terminals obey, what turns the direction of a line, and what ends one. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Writes one line of the log. What a peer has sent can neither change how it looks nor make it endless. A logger that fails must not
 * fail what it reports.
 */
export function logLine(logger: Logger, level: keyof Logger, details: object, message: string): void {
  try {
    const told: unknown = logger[level]?.(printable(details), shown(message))
    if (isThenable(told)) Promise.resolve(told).catch(ignore) // whatever the type says: it may be an async function
  } catch {
    // there is nobody left to tell
  }
}

/** Its texts, as they may stand there; what is no text is the application's, or ours. */
function printable(details: object): object {
  const values = Object.entries(details)
  return Object.fromEntries(values.map(([name, value]) => [name, typeof value === 'string' ? shown(value) : value]))
}

function shown(value: string): string {
  const text = value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}...` : value
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
