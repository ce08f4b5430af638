// Frames on an open connection, and what a handler does with it.
import { BINARY, CLOSE, CONTINUATION, frame, PING, TEXT } from '../raw/frame.mjs'
import { request } from './request.mjs'

const hex = (digits) => Buffer.from(digits.replaceAll(' ', ''), 'hex')
const closed = (code) => new RegExp(`^101, close ${code}, end$`)
const part = { fin: false }
const HI = frame(TEXT, 'hi')

export const FRAME_ROWS = [
  row('F01', 'an unmasked frame', 1002, [hex('81 02 68 69')]),
  row('F03', 'RSV2', 1002, [frame(TEXT, 'a', { rsv: 0x20 })]),
  row('F04', 'opcode 3', 1002, [frame(3, 'a')]),
  row('F05', 'a length in more bytes than it needs', 1002, [hex('81 fe 00 05 01 02 03 04 69 67 6f 68 6e')]),
  row('F07', 'a length with its first bit set', 1002, [hex('82 ff 80 00 00 00 00 00 00 00 01 02 03 04')]),
  row('F08', 'a length of 2^53', 1009, [hex('82 ff 00 20 00 00 00 00 00 00 01 02 03 04')]),
  row('F10', 'one byte over the limit, in two fragments', 1009, [
    frame(BINARY, Buffer.alloc(40_000), part),
    frame(CONTINUATION, Buffer.alloc(25_537)),
  ]),
  row('F11', 'a ping of 126 bytes', 1002, [hex('89 fe 00 7e 01 02 03 04')]),
  row('F12', 'a ping in parts', 1002, [frame(PING, 'a', part)]),
  row('F13', 'a continuation of nothing', 1002, [frame(CONTINUATION, 'a')]),
  row(
    'F14',
    'a ping between two fragments',
    'pong, then the message',
    [Buffer.concat([frame(TEXT, 'a', part), frame(PING, 'p'), frame(CONTINUATION, 'b')])],
    /^101, pong p, text ab, still open$/,
  ),
  row('F16', 'text that is not UTF-8', 1007, [frame(TEXT, hex('c0 80'))]),
  row('F18', 'the same in an unfinished message', '1007 at once', [frame(TEXT, hex('ff'), part)], closed(1007)),
  row('F19', 'a close frame with 1005', 1002, [frame(CLOSE, hex('03 ed'))]),
  row('F20', 'a close frame of one byte', 1002, [frame(CLOSE, hex('03'))]),
  row(
    'F21',
    'a close frame, then a text',
    'its close, no message',
    [Buffer.concat([frame(CLOSE, hex('03 e8')), HI])],
    closed(1000),
  ),
  row('F23', '100,000 empty fragments', 1008, [
    Buffer.concat([frame(TEXT, '', part), ...Array(100_000).fill(frame(CONTINUATION, '', part))]),
  ]),
  row('F30', '64 KB of 0xff', 1002, [Buffer.alloc(65_536, 0xff)]),
  row('A01', 'the handler throws', '1011', [], closed(1011), '/throws'),
  row('A01', 'the handler rejects', '1011', [], closed(1011), '/rejects'),
  row('A02', 'a listener throws', '1011', [HI], closed(1011), '/message-throws'),
  row('A03', 'a listener rejects', '1011', [HI], closed(1011), '/message-rejects'),
  row('A05', "a bad frame, and no listener for 'error'", '1002', [hex('81 02 68 69')], closed(1002), '/bare'),
  row('A06', 'a message before the handler listens', 'it is delivered', [HI], /^101, text hi, still open$/, '/late'),
]

/** A right that is a number is the code of the close. */
function row(id, sent, right, frames, expected = closed(right), path = '/ws') {
  return { id, sent, right: `${right}`, expected, exchange: { opening: request({ path }), frames } }
}
