/** What a frame carries. RFC 6455 §5.2, §11.8 */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const

/** Control frames have the highest bit of the opcode set. RFC 6455 §5.5 */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0
}

/** 3 to 7 and B to F are reserved for frames that do not exist yet. RFC 6455 §5.2 */
export function isReserved(opcode: number): boolean {
  return (opcode & 0x7) > 2
}
