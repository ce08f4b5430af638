import type { RouteOptions } from '../src/adapter.ts'
import type { PerMessageDeflateOptions } from './ws-types.ts'

/** The stricter of the two directions' parameters holds for both. */
export function compressionOf(
  options: boolean | PerMessageDeflateOptions | null | undefined,
): RouteOptions['compression'] {
  if (options === null || options === undefined || options === false) return false
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits, threshold } =
    options === true ? {} : options
  const level = options === true ? undefined : options.zlibDeflateOptions?.level
  return {
    contextTakeover: !serverNoContextTakeover && !clientNoContextTakeover,
    windowBits: Math.max(9, Math.min(bits(serverMaxWindowBits), bits(clientMaxWindowBits))),
    thresholdBytes: threshold,
    level: level === undefined || level < 1 ? undefined : level,
  }
}

/** `true` leaves it to the peer. */
function bits(value: number | boolean | undefined): number {
  return typeof value === 'number' ? value : 15
}
