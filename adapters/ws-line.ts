/** What a line of a response's head may hold. RFC 9110 §5.5 */
const LINE = /^[\t\x20-\x7e\x80-\xff]+$/

/** Of those that a 'headers' listener has left. @throws TypeError for one that would break the head, or end it */
export function requireLine(line: string): void {
  if (!LINE.test(line)) throw new TypeError(`a 'headers' listener left what is no line: ${JSON.stringify(line)}`)
}
