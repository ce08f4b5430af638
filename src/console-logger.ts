import { inspect } from 'node:util'
import type { Logger } from './options.ts'

/** On one line, however many there are; the stack of an error has its own. */
const shown = (details: object): string => inspect(details, { breakLength: Infinity })

/**
 * For people: what has happened, and behind it the details, which the console itself would spread over a line each. The message is no
 * format: what a peer has put into it may hold a `%`.
 */
export const consoleLogger: Logger = {
  info: (details, message) => console.info('%s', message, shown(details)),
  warn: (details, message) => console.warn('%s', message, shown(details)),
  error: (details, message) => console.error('%s', message, shown(details)),
}
