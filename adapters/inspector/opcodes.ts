/** RFC 6455 §5.2 */
export interface Opcode {
  readonly name: string
  readonly sentence: string
}

const OPCODES: Readonly<Record<number, Opcode>> = {
  0: { name: 'continuation', sentence: 'A further part of the message before it (RFC 6455 §5.4).' },
  1: { name: 'text', sentence: 'A message of text, in UTF-8 (RFC 6455 §5.6).' },
  2: { name: 'binary', sentence: 'A message of bytes (RFC 6455 §5.6).' },
  8: {
    name: 'close',
    sentence: 'The closing handshake: the other side answers with one, then TCP ends (RFC 6455 §5.5.1).',
  },
  9: {
    name: 'ping',
    sentence: 'Are you there? The other side answers with a pong of the same bytes (RFC 6455 §5.5.2).',
  },
  10: { name: 'pong', sentence: 'The answer to a ping; the time between them is the round trip (RFC 6455 §5.5.3).' },
}

export function opcodeOf(opcode: number): Opcode {
  return OPCODES[opcode] ?? { name: `opcode ${opcode}`, sentence: 'Reserved: it ends the connection.' }
}

export const isControl = (opcode: number): boolean => opcode >= 8
