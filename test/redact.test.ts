/** What may stand in a log of a URL and of header fields. */

import t from 'tap'
import { redactedHeaders, redactedUrl } from '../src/redact.ts'

const URLS: [what: string, url: string | URL | undefined, shown: string][] = [
  ['a path', '/chat/1', '/chat/1'],
  ['a value', '/chat?token=s3cret', '/chat?token=[redacted]'],
  ['every value, whatever its name', '/chat?room=s3cret&t=s3cret', '/chat?room=[redacted]&t=[redacted]'],
  ['a value without a name', '/chat?s3cret', '/chat?[redacted]'],
  ['a value without a name, in base64', '/chat?czNjcmV0==&a=1', '/chat?[redacted]&a=[redacted]'],
  ['an empty query', '/chat?', '/chat?'],
  ['nothing between two separators', '/chat?&&a=s3cret&', '/chat?&&a=[redacted]&'],
  ['an equals sign in a value', '/chat?a=s3cret==', '/chat?a=[redacted]'],
  ['a question mark in a value', '/chat?a=1?s3cret', '/chat?a=[redacted]?[redacted]'],
  ['a semicolon between', '/chat?a=1;b=s3cret', '/chat?a=[redacted];b=[redacted]'],
  ['a semicolon before, as Fastify may be told', '/chat;sid=s3cret', '/chat;sid=[redacted]'],
  ['a fragment', '/chat#access_token=s3cret', '/chat#access_token=[redacted]'],
  ['an encoded equals sign', '/chat?token%3Ds3cret', '/chat?token=[redacted]'],
  ['an encoded separator', '/chat?a=1%26s3cret', '/chat?a=[redacted]%26[redacted]'],
  ['an encoded question mark', '/chat%3ftoken=s3cret', '/chat%3ftoken=[redacted]'],
  ['an equals sign that was encoded twice', '/chat?token%253Ds3cret=1', '/chat?token=[redacted]'],
  ['a question mark that was encoded twice', '/chat%253Ftoken=s3cret', '/chat%253Ftoken=[redacted]'],
  ['no question mark', '/chat&token=s3cret', '/chat&token=[redacted]'],
  ['an encoded name', '/chat?%74oken=s3cret', '/chat?%74oken=[redacted]'],
  ['half an escape', '/chat%?%=s3cret%e', '/chat%?%=[redacted]'],
  ['a user', 'wss://me:s3cret@example.com/chat', 'wss://[redacted]@example.com/chat'],
  ['a user with an @', 'wss://me:s3@cret@example.com/', 'wss://[redacted]@example.com/'],
  ['no host, but slashes', '//me:s3cret@host/chat', '//[redacted]@host/chat'],
  ['a user longer than a line', `//me:${'s3cret'.repeat(2_000)}@host/chat`, '//[redacted]@host/chat'],
  ['an @ in a path', '/@me/chat', '/@me/chat'],
  ['a URL', new URL('https://example.com/chat?token=s3cret'), 'https://example.com/chat?token=[redacted]'],
  ['no URL', undefined, ''],
  ['anything else', 's3cret?s3cret'.slice(6), '?[redacted]'],
]

for (const [what, url, shown] of URLS) {
  t.test(`of a URL: ${what}`, async (t) => t.equal(redactedUrl(url), shown))
}

t.test('a URL of any length is a line of a log that can be read', async (t) => {
  for (const url of ['/'.padEnd(16_384, 'x'), `/?${'a&'.repeat(8_192)}`, `/?${'a='.repeat(8_192)}1`]) {
    const shown = redactedUrl(url)
    t.ok(shown.length < 12_000, shown.length.toString())
    t.match(shown, /\.\.\.$/)
  }
})

const SECRETS = [
  'authorization',
  'Proxy-Authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'X-Auth-Token',
  'x-csrf-token',
  'x-amz-security-token',
  'x-amzn-oidc-data',
  'cf-access-jwt-assertion',
  'ocp-apim-subscription-key',
  'x-api-key-v2',
  'x-connection-ticket',
  'x-bearer',
]

t.test('of header fields: what is secret by its name', async (t) => {
  for (const name of SECRETS) t.same(redactedHeaders({ [name]: 's3cret' }), { [name]: '[redacted]' })
  t.same(redactedHeaders({ 'set-cookie': ['a=s3cret', 'b=s3cret'] }), { 'set-cookie': '[redacted]' })
})

t.test('of header fields: what is not', async (t) => {
  const fields = {
    host: 'example.com',
    ':authority': 'example.com',
    'user-agent': 'agent',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    'sec-websocket-extensions': 'permessage-deflate',
    'x-forwarded-for': '192.0.2.1',
  }
  t.same(redactedHeaders(fields), fields)
  t.same(redactedHeaders({ age: 1, gone: undefined, vary: ['a', 'b'] }), { age: '1', vary: 'a,b' })
})

t.test('of header fields: URLs', async (t) => {
  for (const name of ['referer', 'location', ':path', 'x-original-url', 'X-Forwarded-Uri']) {
    t.same(redactedHeaders({ [name]: '/a?b=s3cret' }), { [name]: '/a?b=[redacted]' })
  }
})

const PROTOCOLS: [value: string, spoken: string[], shown: string][] = [
  ['chat.v2', ['chat.v2'], 'chat.v2'],
  ['chat.v2,  s3cret', ['chat.v2'], 'chat.v2, [redacted]'],
  ['bearer, s3cret', ['chat.v2'], '[redacted], [redacted]'],
  ['chat.v2', [], '[redacted]'],
  ['Chat.V2', ['chat.v2'], '[redacted]'],
]

t.test('of header fields: subprotocols that nobody speaks may be tokens', async (t) => {
  for (const [value, spoken, shown] of PROTOCOLS) {
    t.same(redactedHeaders({ 'Sec-WebSocket-Protocol': value }, spoken), { 'Sec-WebSocket-Protocol': shown })
  }
})
