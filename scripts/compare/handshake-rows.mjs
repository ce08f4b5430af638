// Opening handshakes. A row: its identifier, what is sent, what counts as right, the bytes, and the outcomes that are right.
import { request } from './request.mjs'

const VERSION = 'Sec-WebSocket-Version'
const evil = 'https://evil.example'
const REFUSED = /^(4\d\d|505), end$/
const BAD = /^400, end$/

export const HANDSHAKE_ROWS = [
  row('H01', 'a right handshake', '101', {}, /^101, still open$/),
  row('H03', 'HTTP/1.0', 'refused', { version: '1.0' }, REFUSED),
  row('H04', 'no version', '400 that names 13', { [VERSION]: undefined }, /^400, Sec-WebSocket-Version: 13, end$/, [
    VERSION,
  ]),
  row('H05', 'version 12', '426 with Upgrade', { [VERSION]: '12' }, /^426, Upgrade: websocket, end$/, ['Upgrade']),
  row('H05', 'version 8', '426 with Upgrade', { [VERSION]: '8' }, /^426, Upgrade: websocket, end$/, ['Upgrade']),
  row('H06', 'version `0xd`', 'refused', { [VERSION]: '0xd' }, REFUSED),
  row('H06', 'version `13.0`', 'refused', { [VERSION]: '13.0' }, REFUSED),
  row('H07', 'a key of 17 bytes', '400', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZTE=' }, BAD),
  row('H08', 'two keys', '400', { more: ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='] }, BAD),
  row('H11', '`Upgrade` without `Connection`', 'plain HTTP: 404 or 426', { Connection: undefined }, /^(404|426), /),
  row('H12', '`Upgrade: h2c` on an ordinary path', 'plain HTTP: 200', { path: '/http', Upgrade: 'h2c' }, /^200, /),
  row('H13', 'a handshake to an ordinary path', 'never 101', { path: '/http' }, /^(200|404|426), /),
  row('H13', 'a handshake to an unknown path', '404', { path: '/unknown' }, /^404, /),
  row('H14', 'no `Host`', '400', { Host: undefined }, BAD),
  row('H17', 'a handshake with a body', '400', { more: ['Content-Length: 7'] }, BAD),
  row(
    'H22',
    '2,000 empty fields, then `Origin`',
    '431',
    { more: [...Array(2_000).fill('i:'), `Origin: ${evil}`] },
    /^431, end$/,
  ),
  row(
    'H27',
    'a subprotocol that nobody has',
    '101 without one',
    { 'Sec-WebSocket-Protocol': 'zzz' },
    /: none, still open$/,
    ['Sec-WebSocket-Protocol'],
  ),
  row('H34', 'another `Origin`', '403', { Origin: evil }, /^403, end$/),
  row('H35', '`Origin: null`', '403', { Origin: 'null' }, /^403, end$/),
  row('A07', 'a hook that answers 401', '401, no 101', { path: '/denied' }, /^401, end$/),
  row('A09', 'a hook that never ends', '504 in its time', { path: '/hangs' }, /^504, end$/),
]

function row(id, sent, right, changes, expected, show = []) {
  return { id, sent, right, expected, exchange: { opening: request(changes), show } }
}
