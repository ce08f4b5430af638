// One message there and back, byte by byte, before anything is measured.
import { constants, inflateRawSync } from 'node:zlib'
import { FrameReader } from '../../scripts/raw/frame-reader.mjs'
import { within } from './patience.mjs'

const DEFLATE_TAIL = Buffer.from('0000ffff', 'hex')

/**
 * Reads one message from each socket, after `send` has been called. Fulfils with its first byte on the wire, and with how many
 * it takes; not so if it is compressed, since some libraries' states compress the same message to other bytes now and then.
 * @throws Error if it is another message, or comes in another way than it should
 */
export async function check(sockets, send, { payload, isText, isCompressed }) {
  const reading = Promise.all(sockets.map((socket) => readMessage(socket)))
  send()
  const sizes = (await reading).map(({ opcode, data, bytes, rsv1 }) => {
    const message = rsv1
      ? inflateRawSync(Buffer.concat([data, DEFLATE_TAIL]), { finishFlush: constants.Z_SYNC_FLUSH })
      : data
    if (opcode !== (isText ? 1 : 2)) throw new Error(`a message of opcode ${opcode} came back`)
    if (!message.equals(payload)) throw new Error(`another message of ${message.length} bytes came back`)
    if (rsv1 !== isCompressed) throw new Error(`what came back is ${rsv1 ? '' : 'not '}compressed`)
    return bytes
  })
  const { first } = (await reading)[0]
  if (isCompressed) return { first }
  if (new Set(sizes).size !== 1) throw new Error('one message takes different numbers of bytes')
  return { bytes: sizes[0], first }
}

function readMessage(socket) {
  return within(
    0,
    () => 'no message came back',
    (resolve, reject) => {
      let [bytes, first] = [0, 0]
      const parts = []
      const reader = new FrameReader((opcode, part, rsv1, fin) => {
        if (opcode > 7) return
        first ||= (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode
        bytes += headerBytes(part.length) + part.length
        parts.push(Buffer.from(part))
        if (fin) resolve({ opcode: first & 15, rsv1: (first & 0x40) !== 0, data: Buffer.concat(parts), bytes, first })
      })
      socket.onBytes = (read, buffer) => reader.push(Buffer.from(buffer.subarray(0, read)))
      socket.onClose = (error) => reject(error ?? new Error('the server ended the connection'))
    },
  )
}

/** Of a frame that is not masked. RFC 6455 §5.2 */
function headerBytes(length) {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10
}
