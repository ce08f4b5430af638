import t from 'tap'
import { checkTopic } from '../../src/topics/topic-name.ts'

const right = [
  'a',
  ' ',
  '*',
  'a.b.>',
  '{a}',
  'room:1\r\n\0',
  '__proto__',
  'häß',
  '👩‍👩‍👧',
  '\u{10ffff}',
  'x'.repeat(65_536),
  '€'.repeat(21_845),
]

t.test('any characters, up to 64 KiB of UTF-8', async (t) => {
  for (const topic of right) t.doesNotThrow(() => checkTopic(topic, 'subscribe'), topic.slice(0, 9))
})

const wrong: [topic: unknown, name: string, message: RegExp][] = [
  ['', 'TypeError', /^subscribe\(\) takes a topic such as 'room:1'; got ''/],
  [undefined, 'TypeError', /got undefined/],
  [null, 'TypeError', /got null/],
  [1, 'TypeError', /type number/],
  [['a'], 'TypeError', /a list: call it for each/],
  [{}, 'TypeError', /type object/],
  [Buffer.from('a'), 'TypeError', /type object/],
  ['\ud800', 'TypeError', /half of a surrogate pair/],
  ['a\udc00\ud800b', 'TypeError', /half of a surrogate pair/],
  ['x'.repeat(65_537), 'RangeError', /at most 65536 bytes of UTF-8; got 65537/],
  ['€'.repeat(21_846), 'RangeError', /got 65538/],
]

for (const [topic, name, message] of wrong) {
  t.test(`${JSON.stringify(topic)?.slice(0, 20)} is none`, async (t) => {
    t.throws(() => checkTopic(topic, 'subscribe'), { name, message })
  })
}
