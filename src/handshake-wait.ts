import type { ServerResponse } from 'node:http'
import type { Hub } from './hub.ts'
import { redactedUrl } from './redact.ts'
import { requestedUrl } from './requested-url.ts'

/** A handshake whose time is over, as far as the log tells of it. */
interface Waiting {
  readonly hub: Hub
  readonly response: ServerResponse
}

/** Tells the log what a handshake has waited for in vain. */
export function logWait({ hub, response }: Waiting, isReplied: boolean): void {
  const details = { url: redactedUrl(requestedUrl(response.req)), status: response.statusCode }
  const why = waitedFor(response, isReplied)
  hub.log('warn', details, `sockroute: a handshake took longer than handshakeTimeoutMs; ${why}`)
}

function waitedFor({ statusCode }: ServerResponse, isReplied: boolean): string {
  if (isReplied) return 'a reply was given, and something held it up'
  if (statusCode === 200) return 'a hook neither replied, failed nor passed on'
  return `a hook set status ${statusCode} and neither replied nor failed: reply with it, or leave the status alone`
}
