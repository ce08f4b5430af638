import type { HandshakeHeads } from '../inspector-messages.ts'
import { el, make } from './dom.ts'
import { ms } from './format.ts'
import { visible } from './visible.ts'

/** What the fields of a handshake are for. RFC 6455 §4, §11.3 */
const NOTES: Readonly<Record<string, string>> = {
  upgrade: 'Asks for another protocol on this connection; the server agrees with 101.',
  connection: 'Says that Upgrade is for the next hop: proxies take it off unless they are told otherwise.',
  host: 'Where the client wanted to go.',
  ':protocol': 'Asks for a WebSocket on this stream: over HTTP/2 nothing is upgraded (RFC 8441).',
  ':authority': 'Where the client wanted to go.',
  origin: 'The page that opened the socket. Browsers always send it: this is what keeps other sites out.',
  'sec-websocket-key': '16 random bytes. No secret: it only shows that the server understands WebSockets.',
  'sec-websocket-accept':
    'SHA-1 of the key with a fixed text behind it, in Base64: no cache and no other server would answer so.',
  'sec-websocket-version': '13, the only one that there is (RFC 6455).',
  'sec-websocket-extensions': 'What is done to frames on their way, such as compression (RFC 7692).',
  'sec-websocket-protocol': 'What the messages mean: the client offers names, the server takes one of them.',
  'set-cookie': 'A handshake is a request: hooks may set cookies.',
  cookie: 'Sent to the handshake as to any request: so its session is known before there is a socket.',
}

/** The request and the response of the handshake, and what their fields are for. */
export function showHandshake(handshake: HandshakeHeads | null): void {
  const place = el('handshake')
  if (handshake === null) {
    place.replaceChildren(
      make(
        'p',
        { class: 'hint' },
        'The headers of this handshake were not kept: it was before the inspector was there, or keepHandshakes is off.',
      ),
    )
    return
  }
  const { requestLine, responseLine, requestHeaders, responseHeaders, handshakeMs } = handshake
  place.replaceChildren(
    head('The client asks', 'in', requestLine, requestHeaders),
    make('p', { class: 'between hint' }, `answered after ${ms(handshakeMs)}, all hooks included`),
    head('The server agrees', 'out', responseLine, responseHeaders),
  )
}

function head(title: string, kind: string, line: string, headers: Readonly<Record<string, string>>): HTMLElement {
  const fields = Object.entries(headers).map(([name, value]) => field(name, value))
  const lines = make('dl', {}, ...fields)
  return make(
    'section',
    { class: `head box ${kind}` },
    make('h3', {}, title),
    make('code', { class: 'first' }, visible(line)),
    lines,
  )
}

function field(name: string, value: string): HTMLElement {
  const note = Object.hasOwn(NOTES, name) ? [make('dd', { class: 'note hint' }, NOTES[name])] : []
  const shown = make('bdi', { class: value === '[redacted]' ? 'redacted' : '' }, visible(value))
  const term = make('dt', {}, visible(titled(name)))
  return make('div', { class: 'field' }, term, make('dd', {}, shown), ...note)
}

/** Node has names in small letters. */
function titled(name: string): string {
  return name
    .replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace('Websocket', 'WebSocket')
}
