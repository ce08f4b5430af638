import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { pickProtocol } from '../src/subprotocol.ts'

const request = {} as IncomingMessage

t.test('§4.2.2 the first of ours that was offered, or none', async (t) => {
  const protocols = ['v2', 'v1']
  t.equal(pickProtocol(['v1', 'v2'], { protocols }, request), 'v2')
  t.equal(pickProtocol(['v1', 'x'], { protocols }, request), 'v1')
  t.equal(pickProtocol(['V1'], { protocols }, request), undefined)
  t.equal(pickProtocol([], { protocols }, request), undefined)
})

t.test('§4.2.2 a function is asked where something was offered, and picks from that', async (t) => {
  const asked: unknown[] = []
  const protocols = (offered: readonly string[], by: IncomingMessage): string | undefined => {
    asked.push([offered, by])
    return offered.at(-1)
  }
  t.equal(pickProtocol(['a', 'b'], { protocols }, request), 'b')
  t.equal(pickProtocol([], { protocols }, request), undefined)
  t.same(asked, [[['a', 'b'], request]])
  t.equal(pickProtocol(['a'], { protocols: () => undefined }, request), undefined)
  for (const wrong of ['zzz', '', 1 as unknown as string]) {
    t.throws(() => pickProtocol(['a'], { protocols: () => wrong }, request), {
      name: 'TypeError',
      message: /picked a (string|number) that is none of the 1 offered/,
    })
  }
})
