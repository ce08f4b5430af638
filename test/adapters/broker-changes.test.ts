import t from 'tap'
import { Changes } from '../../adapters/broker-changes.ts'

/** Commands wait until they are let go. */
function setUp(refuses: (topic: string) => boolean = () => false) {
  const commands: string[] = []
  const goes: (() => void)[] = []
  const changes = new Changes(async (on, off) => {
    commands.push(`+${on.join()} -${off.join()}`)
    await new Promise<void>((resolve) => goes.push(resolve))
    if (on.some(refuses)) throw new Error('refused')
  })
  const letGo = async (): Promise<void> => {
    for (let idle = 0; idle < 10; idle++) {
      await new Promise(setImmediate)
      const go = goes.shift()
      if (go !== undefined) idle = 0
      go?.()
    }
  }
  return { changes, commands, letGo }
}

const outcomeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: Error) => error.message,
  )

t.test('one command at a time; what is asked meanwhile goes into the next, and the last word counts', async (t) => {
  const { changes, commands, letGo } = setUp()
  const asked = [changes.change(['a', 'b'], true), changes.change(['c'], true)]
  await new Promise(setImmediate)
  for (const isOn of [false, true, false]) asked.push(changes.change(['a', 'd'], isOn))
  asked.push(changes.change(['d'], true))
  t.same(commands, ['+a,b,c -'])
  await letGo()
  await Promise.all(asked)
  t.same(commands, ['+a,b,c -', '+d -a'])
})

t.test('a call is refused for its own topics alone', async (t) => {
  const { changes, commands, letGo } = setUp((topic) => topic === 'secret')
  const asked = [['a'], ['secret', 'b'], ['c']].map((topics) => outcomeOf(changes.change(topics, true)))
  asked.push(outcomeOf(changes.change(['d'], false)))
  await letGo()
  t.same(await Promise.all(asked), ['done', 'refused', 'done', 'done'])
  t.same(commands, ['+a,secret,b,c -d', '+a -', '+secret,b -', '+c -', '+ -d'])
  const later = changes.change(['e'], true)
  await letGo()
  await later
})
