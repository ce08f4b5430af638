// Frames that end their connection: the rules of RFC 6455 §5 and §7.4, broken one at a time.
import { CLOSE, CONTINUATION, frame, PING, TEXT } from '../raw/frame.mjs'

const hex = (digits) => Buffer.from(digits.replaceAll(' ', ''), 'hex')

export const BAD_FRAMES = [
  hex('81 02 68 69'), // unmasked
  frame(TEXT, 'a', { rsv: 0x40 }),
  frame(TEXT, 'a', { rsv: 0x20 }),
  frame(TEXT, 'a', { rsv: 0x10 }),
  frame(3, 'a'),
  frame(11, 'a'),
  hex('81 fe 00 05 01 02 03 04 69 67 6f 68 6e'), // a length in more bytes than it needs
  hex('82 ff 80 00 00 00 00 00 00 00 01 02 03 04'), // a length of more than 63 bits
  hex('82 ff 00 00 00 00 80 00 00 00 01 02 03 04'), // 2 GiB
  hex('89 fe 00 7e 01 02 03 04'), // a ping of 126 bytes
  frame(PING, 'a', { fin: false }),
  frame(CONTINUATION, 'a'),
  Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(TEXT, 'b')]),
  frame(TEXT, hex('c0 80')),
  frame(TEXT, hex('ff'), { fin: false }),
  frame(CLOSE, hex('03 ed')), // 1005
  frame(CLOSE, hex('03')),
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  Buffer.alloc(65_536, 0xff),
]
