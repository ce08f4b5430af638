import { visible } from './visible.ts'

export function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)
  return bytes
}

/** Two digits a byte. */
export function spaced(hex: string): string {
  return hex.replace(/..(?=.)/g, '$& ')
}

const UTF8 = new TextDecoder('utf-8', { fatal: false })

/** The last character of a start may be cut: what is left of it is not shown. */
export function textOf(hex: string, isWhole: boolean): string {
  const text = UTF8.decode(bytesOf(hex), { stream: !isWhole })
  if (!isWhole) UTF8.decode()
  return visible(text)
}
