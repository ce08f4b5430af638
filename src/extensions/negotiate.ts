import { COMPRESSION_DEFAULTS, type CompressionSettings } from '../defaults.ts'
import type { CompressionOptions } from '../options.ts'
import type { ExtensionOffer } from '../protocol/extension-header.ts'
import { acceptDeflate } from './deflate-offer.ts'
import { PermessageDeflate } from './permessage-deflate.ts'
import { canDriveZlib } from './zlib-check.ts'

/** What the connection will do with its messages, or undefined where nothing is agreed on. RFC 6455 §9.1 */
export function negotiate(
  offers: readonly ExtensionOffer[],
  compression: boolean | CompressionOptions,
): PermessageDeflate | undefined {
  if (compression === false || offers.length === 0 || !canDriveZlib()) return undefined
  const settings = settingsOf(compression)
  const agreement = acceptDeflate(offers, settings)
  return agreement && new PermessageDeflate(agreement, settings)
}

/** Every option of compression with its value. */
export function settingsOf(compression: true | CompressionOptions): CompressionSettings {
  if (compression === true) return COMPRESSION_DEFAULTS
  const set = Object.entries(compression).filter(([, value]) => value !== undefined)
  return { ...COMPRESSION_DEFAULTS, ...Object.fromEntries(set) }
}
