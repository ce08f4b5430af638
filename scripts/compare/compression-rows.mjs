// permessage-deflate. RFC 7692
import { constants, deflateRawSync } from 'node:zlib'
import { BINARY, CONTINUATION, frame, TEXT } from '../raw/frame.mjs'
import { request } from './request.mjs'

const EXTENSIONS = 'Sec-WebSocket-Extensions'
const OFFER = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
const RSV1 = 0x40
const deflated = (data) => deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const BOMB = deflated(Buffer.alloc(20_000_000))

export const COMPRESSION_ROWS = [
  offer(
    'C02',
    'an offer with an unknown parameter, then a right one',
    'permessage-deflate; x, permessage-deflate',
    /: permessage-deflate\b/,
  ),
  offer(
    'C02',
    '`server_max_window_bits=99` alone',
    'permessage-deflate; server_max_window_bits=99',
    /: none, still open$/,
  ),
  offer(
    'C03',
    '`server_max_window_bits=0x9` alone',
    'permessage-deflate; server_max_window_bits=0x9',
    /: none, still open$/,
  ),
  row('C05', 'RSV1 on a continuation', 'close 1002', [
    frame(TEXT, deflated('a'), { fin: false, rsv: RSV1 }),
    frame(CONTINUATION, 'b', { rsv: RSV1 }),
  ]),
  row('C06', 'what cannot be inflated', 'close 1007', [frame(TEXT, Buffer.from('ffffff', 'hex'), { rsv: RSV1 })]),
  row('C07', 'a plain message', 'text plain', [frame(TEXT, 'plain')], /^101, text .*, still open$/s),
  row('C08', 'a bomb: 20 MB of zeros', 'close 1009', [frame(BINARY, BOMB, { rsv: RSV1 })]),
  row('C09', 'a bomb in two fragments', 'close 1009', [
    frame(BINARY, BOMB.subarray(0, 100), { fin: false, rsv: RSV1 }),
    frame(CONTINUATION, BOMB.subarray(100)),
  ]),
]

function offer(id, sent, value, expected) {
  const right = expected.source.startsWith(': none') ? '101 without it' : '101 with it'
  return { id, sent, right, expected, exchange: { opening: request({ [EXTENSIONS]: value }), show: [EXTENSIONS] } }
}

function row(id, sent, right, frames, expected = new RegExp(`^101, ${right}, end$`)) {
  return { id, sent, right, expected, exchange: { opening: request({ [EXTENSIONS]: OFFER }), frames } }
}
