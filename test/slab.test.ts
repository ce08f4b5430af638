import t from 'tap'
import { SLAB_BYTES, Slab } from '../src/slab.ts'

t.test('no byte is given out twice, and what does not fit begins another', async (t) => {
  const slab = new Slab()
  const owners = new Map<Buffer, number>()
  const wrong: string[] = []
  for (let size = 0; size < 3_000; size++) {
    const at = slab.claim(size)
    if (at !== (owners.get(slab.bytes) ?? 0) || at + size > SLAB_BYTES) wrong.push(`${size} bytes at ${at}`)
    owners.set(slab.bytes, at + size)
  }
  t.same(wrong, [])
  t.ok(owners.size > 60)
  t.ok([...owners.values()].slice(0, -1).every((used) => used > SLAB_BYTES - 3_000))
})

t.test('as much as there is in one', async (t) => {
  const slab = new Slab()
  slab.claim(1)
  t.equal(slab.claim(SLAB_BYTES), 0)
})
