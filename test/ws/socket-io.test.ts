/** Socket.IO on our engine: with `new Server(http, { wsEngine: WebSocketServer })` nobody sees a difference. */

import t from 'tap'
import { ENGINE_SCENARIOS } from './engine-io.ts'
import { SCENARIOS } from './socket-io.ts'
import { ENGINES, Stage } from './socket-io-stage.ts'

for (const [name, scenario] of Object.entries({ ...SCENARIOS, ...ENGINE_SCENARIOS })) {
  t.test(name, async (t) => {
    const [theirs, ours] = [await play(ENGINES.ws), await play(ENGINES.ours)]
    t.ok(theirs.length > 0, 'something is seen')
    t.same(ours, theirs)

    async function play(engine: unknown): Promise<string[]> {
      const stage = new Stage(engine)
      await scenario(stage)
      await stage.end()
      return stage.lines
    }
  })
}
