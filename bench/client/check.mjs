// One message there and back, byte by byte, before anything is measured.
import { constants, inflateRawSync } from 'node:zlib'
import { FrameReader } from '../../scripts/raw/frame-reader.mjs'
import { within } from './patience.mjs'

const DEFLATE_TAIL = Buffer.from('0000ffff', 'hex')

/**
 * Reads one message from each socket, after `send` has been called. Fulfils with how many bytes it takes on the wire,
 * which is the same on all, as a message does not depend on those before it.
 * @throws Error if it is another message, or comes in another way than it should
 */
export async function check(sockets, send, { payload, isText, isCompressed }) {
  const reading = Promise.all(sockets.map((socket) => readMessage(socket)))
  send()
  const sizes = (await reading).map(({ opcode, data, size, rsv1 }) => {
    const message = rsv1
      ? inflateRawSync(Buffer.concat([data, DEFLATE_TAIL]), { finishFlush: constants.Z_SYNC_FLUSH })
      : data
    if (opcode !== (isText ? 1 : 2)) throw new Error(`a message of opcode ${opcode} came back`)
    if (!message.equals(payload)) throw new Error(`another message of ${message.length} bytes came back`)
    if (rsv1 !== isCompressed) throw new Error(`what came back is ${rsv1 ? '' : 'not '}compressed`)
    return size
  })
  if (new Set(sizes).size !== 1) throw new Error('one message takes different numbers of bytes')
  return sizes[0]
}

function readMessage(socket) {
  return within(
    0,
    () => 'no message came back',
    (resolve, reject) => {
      let [size, opcode, rsv1] = [0, 0, false]
      const parts = []
      const reader = new FrameReader((frameOpcode, part, isCompressed, fin) => {
        if (frameOpcode > 7) return
        if (parts.length === 0) [opcode, rsv1] = [frameOpcode, isCompressed]
        parts.push(Buffer.from(part))
        if (fin) resolve({ opcode, rsv1, data: Buffer.concat(parts), size })
      })
      socket.onBytes = (read, buffer) => {
        size += read
        reader.push(Buffer.from(buffer.subarray(0, read)))
      }
      socket.onClose = (error) => reject(error ?? new Error('the server ended the connection'))
    },
  )
}
