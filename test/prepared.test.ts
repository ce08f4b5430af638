import t from 'tap'
import { PreparedMessage, prepare } from '../src/prepared.ts'
import { open, settle } from './support/open.ts'

t.test('one frame, the same memory for all receivers', async (t) => {
  const news = prepare('news')
  t.ok(news instanceof PreparedMessage)
  t.equal(news.frame.toString('latin1'), '\x81\x04news')
  const all = Array.from({ length: 3 }, () => open())
  for (const { transport } of all) transport.hold()
  for (const { socket } of all) t.equal(socket.send(news), true)
  await settle()
  for (const { transport } of all) t.equal(transport.writes[0][0].buffer, news.frame.buffer)
  for (const { transport } of all) transport.release()
  await settle()
  for (const { peer } of all) t.same(peer.log, ['text news'])
})

t.test('what is prepared is fixed', async (t) => {
  const data = Buffer.from('before')
  const prepared = prepare(data)
  data.write('after!')
  t.equal(prepared.frame.subarray(2).toString(), 'before')
})

t.test('the callback belongs to the receiver', async (t) => {
  const { socket } = open()
  const told: unknown[] = []
  socket.send(prepare('a'), (error) => void told.push(error))
  socket.send(prepare('b'), {}, (error) => void told.push(error))
  await settle()
  t.same(told, [undefined, undefined])
})

t.test('misuse is thrown where it is prepared', async (t) => {
  t.throws(() => prepare({} as never), {
    name: 'TypeError',
    message: /^prepare\(\) takes .*\. Write prepare\(JSON\.stringify/,
  })
  t.throws(() => prepare(Buffer.of(255), { binary: false }), { name: 'TypeError', message: /UTF-8/ })
})
