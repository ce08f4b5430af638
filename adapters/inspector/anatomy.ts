import type { Frame, FrameMessage } from '../inspector-messages.ts'
import { make } from './dom.ts'
import { bytes, count } from './format.ts'
import { isControl, opcodeOf } from './opcodes.ts'
import { spaced } from './payload.ts'

/** How many bytes of a payload are drawn. */
const DRAWN_BYTES = 10
const KEY_TITLE = 'Random, for this frame alone; the server does not keep it'

/** What stands beside each other, in one byte or several. */
interface Group {
  readonly caption: string
  readonly parts: readonly Part[]
}

interface Part {
  readonly kind: '' | 'set' | 'opcode' | 'mask' | 'payload'
  /** Digits: of bits, or of bytes. */
  readonly digits: string
  readonly name: string
  readonly title: string
}

/** One frame as it lies on the wire, byte by byte, and what that means. RFC 6455 §5.2 */
export function anatomyOf(frame: Frame, message: FrameMessage | undefined): HTMLElement {
  const groups = [...headerGroups(frame), ...payloadGroups(frame)].map(groupBox)
  const wire = make('ol', { class: 'wire row', 'aria-label': 'The bytes of the frame' }, ...groups)
  return make('div', { class: 'anatomy' }, wire, ...sentencesOf(frame, message).map((one) => make('p', {}, one)))
}

function groupBox({ caption, parts }: Group): HTMLElement {
  const boxes = parts.map(({ kind, digits, name, title }) =>
    make('span', { class: `part box ${kind}`, title }, make('code', {}, digits), make('small', {}, name)),
  )
  return make('li', {}, make('span', { class: 'parts' }, ...boxes), make('span', { class: 'caption hint' }, caption))
}

function headerGroups({ fin, rsv1, opcode, masked, payloadLength }: Frame): Group[] {
  const code = payloadLength < 126 ? payloadLength : payloadLength < 65_536 ? 126 : 127
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode
  const second = (masked ? 0x80 : 0) | code
  const groups: Group[] = [
    {
      caption: `first byte ${hex(first)}`,
      parts: [
        { kind: fin ? 'set' : '', digits: fin ? '1' : '0', name: 'FIN', title: 'The last frame of its message' },
        { kind: rsv1 ? 'set' : '', digits: rsv1 ? '1' : '0', name: 'RSV1', title: 'Compressed (RFC 7692)' },
        { kind: '', digits: '00', name: 'RSV2, 3', title: 'For extensions that nobody has' },
        { kind: 'opcode', digits: bits(opcode, 4), name: opcodeOf(opcode).name, title: 'Opcode: what the frame is' },
      ],
    },
    {
      caption: `second byte ${hex(second)}`,
      parts: [
        { kind: masked ? 'mask' : '', digits: masked ? '1' : '0', name: 'MASK', title: 'A masking key follows' },
        { kind: '', digits: bits(code, 7), name: lengthName(code), title: 'Length of the payload' },
      ],
    },
  ]
  if (code > 125) groups.push(whole('length', extended(payloadLength), count(payloadLength), '', ''))
  if (masked) groups.push(whole('4 bytes', '•• •• •• ••', 'masking key', 'mask', KEY_TITLE))
  return groups
}

function whole(caption: string, digits: string, name: string, kind: Part['kind'], title: string): Group {
  return { caption, parts: [{ kind, digits, name, title }] }
}

function payloadGroups({ start, payloadLength }: Frame): Group[] {
  if (payloadLength === 0) return []
  const caption =
    payloadLength === 1 ? '1 byte' : payloadLength < 1_024 ? `${payloadLength} bytes` : bytes(payloadLength)
  if (start === undefined) return [whole(caption, 'hidden', 'payload', 'payload', '')]
  const rest = payloadLength > DRAWN_BYTES ? ' ...' : ''
  return [whole(caption, spaced(start.slice(0, 2 * DRAWN_BYTES)) + rest, 'payload', 'payload', 'Unmasked')]
}

function lengthName(code: number): string {
  return code < 126 ? `length ${code}` : `${code}: in the next ${code === 126 ? 2 : 8}`
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}

function bits(value: number, width: number): string {
  return value.toString(2).padStart(width, '0')
}

function extended(length: number): string {
  return spaced(length.toString(16).padStart(length < 65_536 ? 4 : 16, '0'))
}

function sentencesOf(frame: Frame, message: FrameMessage | undefined): string[] {
  const { direction, fin, opcode, masked, payloadLength, rsv1, start } = frame
  const from = direction === 'in' ? 'From the client to the server. ' : 'From the server to the client. '
  const sentences = [from + opcodeOf(opcode).sentence]
  sentences.push(
    masked
      ? 'A client masks: each byte goes out XORed with a byte of a key of four, so that no page can make bytes on the wire that a proxy takes for HTTP (RFC 6455 §5.3, §10.3).'
      : 'A server does not mask (RFC 6455 §5.1).',
  )
  if (!isControl(opcode) && !fin) sentences.push('More parts of this message follow: FIN is 0.')
  if (rsv1) sentences.push('RSV1 says that the message is compressed: its payload is a DEFLATE stream.')
  if (start === undefined && payloadLength > 0) {
    sentences.push('Its payload is hidden: the app has not set showPayloads.')
  }
  if (message !== undefined) sentences.push(messageSentence(message, rsv1, payloadLength))
  return sentences
}

function messageSentence(
  { byteLength, wireLength }: FrameMessage,
  isCompressed: boolean,
  payloadLength: number,
): string {
  const parts = wireLength === payloadLength ? '' : ' in several frames'
  if (byteLength === wireLength) return `With it a message of ${bytes(byteLength)} is complete${parts}.`
  const saved = Math.round((1 - wireLength / byteLength) * 100)
  return `The message has ${bytes(byteLength)}, and took ${bytes(wireLength)} on the wire${parts}: ${saved} % less${isCompressed ? '' : ', compressed'}.`
}
