// What is sent: the same bytes in every run, and on both sides.

const KINDS = {
  /** No two alike in a row, as in what is compressed or encrypted already. Numbers by xorshift. */
  binary(bytes) {
    const out = Buffer.alloc(bytes)
    let state = 2_463_534_242
    for (let at = 0; at < bytes; at++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      out[at] = state & 255
    }
    return out
  },

  /** Characters of two, three and four bytes. */
  'multi-byte': (bytes) => cut('Grüße, мир! 你好，世界。 😀 Ελληνικά, ', bytes),

  /** Events of a chat, no two the same. */
  json(bytes) {
    const words = KINDS.binary(bytes)
    let text = ''
    for (let at = 0; text.length < bytes; at += 8) {
      const [id, user, ...rest] = words.subarray(at % bytes, (at % bytes) + 8)
      text += `{"type":"message","id":${1_000 + at},"room":"room-${id & 15}","user":{"id":${user},"name":"user ${user}"},"text":"Hello ${rest.join(' ')}"},`
    }
    return cut(text, bytes)
  },

  repetitive: (bytes) => cut('The quick brown fox jumps over the lazy dog. ', bytes),
}

/** Of exactly so many bytes; text is whole characters, filled up with spaces. */
export function payloadOf({ kind, bytes }) {
  return KINDS[kind](bytes)
}

export function isText({ kind }) {
  return kind !== 'binary'
}

function cut(text, bytes) {
  const whole = Buffer.from(text.repeat(Math.ceil(bytes / Buffer.byteLength(text))))
  let end = bytes
  while (end < whole.length && (whole[end] & 0xc0) === 0x80) end-- // never within a character
  return Buffer.concat([whole.subarray(0, end), Buffer.alloc(bytes - end, ' ')])
}
