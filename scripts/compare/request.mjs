// The bytes of an opening handshake that is right unless changed. `undefined` leaves a field out; `more` are further lines.

const FIELDS = {
  Host: 'h',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
}

export function request({ path = '/ws', version = '1.1', more = [], ...fields } = {}) {
  const lines = Object.entries({ ...FIELDS, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}`,
  )
  return Buffer.from(`GET ${path} HTTP/${version}\r\n${[...lines, ...more].join('\r\n')}\r\n\r\n`, 'latin1')
}
