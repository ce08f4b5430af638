/** Controls, marks that turn text around, halves of characters, and what is invisible, though it may be a letter (U+3164, U+2800). */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Text of a peer's, so that one sees what is in it: what would not be seen, or change how the rest is seen, is written out. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}

/** JSON in letters that a terminal shows as they are. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
