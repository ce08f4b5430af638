/** Several demos on one broker, as different processes, and what becomes of them without it. */

import t, { type Test } from 'tap'
import { ChatPage, rooms } from './demo-client.ts'
import { type Demo, startDemo } from './demo-driver.ts'
import { BrokerProgram, missing, natsCommand, redisCommand } from './support/broker-program.ts'
import { freePort } from './support/free-port.ts'
import { Program } from './support/program.ts'
import { ROOT } from './support/root.ts'
import { until } from './support/until.ts'

const BROKERS = [
  { name: 'redis', program: 'redis-server', command: async () => redisCommand('redis-server') },
  { name: 'nats', program: 'nats-server', command: async () => natsCommand(await freePort()) },
]

for (const { name, program, command } of BROKERS) {
  const skip = !process.env.CI && missing(program)

  t.test(`two demos over ${name} are one chat`, { skip }, async (t) => {
    const broker = await BrokerProgram.start(t, await command())
    const [one, two] = [await demo(t, name, broker.port), await demo(t, name, broker.port)]
    const ada = await ChatPage.join(one.express, 'Ada', 'shared')
    t.equal((await ada.told('welcome')).isBrokerAway, false)
    ada.say('message-1', 'before Bob')
    await ada.told('message')
    const bob = await ChatPage.join(two.fastify, 'Bob', 'shared')
    t.same(texts((await bob.told('history')).messages), ['before Bob'], 'a process that comes later asks the others')
    const here = [`Ada, Express ${one.port}`, `Bob, Fastify ${two.port + 1}`]
    await Promise.all([ada.sees(...here), bob.sees(...here)])
    bob.say('message-2', 'hello Ada')
    ada.send('{"type":"typing"}')
    t.equal((await ada.told('message')).message.text, 'hello Ada')
    await bob.told('typing')
    const urls = [one.express, one.fastify, two.express, two.fastify]
    const lists = async () => new Set((await Promise.all(urls.map(rooms))).map((list) => JSON.stringify(list)))
    await until('all servers list the same rooms', async () => (await lists()).size === 1)
    t.match([...(await lists())][0], '{"name":"shared","people":2}')

    await two.stop() // it says goodbye
    await ada.sees(here[0])
    t.equal(await one.stop(), 0)
  })

  t.test(`${name} dies and comes back: the pages are told, and get what they have missed`, { skip }, async (t) => {
    const broker = await BrokerProgram.start(t, await command())
    const [one, two] = [await demo(t, name, broker.port), await demo(t, name, broker.port)]
    const pages = [await ChatPage.join(one.express, 'Ada', 'lobby'), await ChatPage.join(two.express, 'Bob', 'lobby')]
    for (const page of pages) await page.told('welcome')
    await broker.kill()
    for (const page of pages) t.equal((await page.told('broker')).isAway, true)
    for (const [index, page] of pages.entries()) {
      page.say(`message-${index}`, `said to ${index}`)
      t.equal((await page.told('message')).message.text, `said to ${index}`, 'the process goes on')
    }
    const late = await ChatPage.join(one.express, 'Cy', 'lobby')
    t.equal((await late.told('welcome')).isBrokerAway, true)
    await broker.start()
    for (const [index, page] of pages.entries()) {
      // The state and the history come in this order or the other.
      const told = [await page.toldOneOf('broker', 'history'), await page.toldOneOf('broker', 'history')]
      t.equal(told.find(({ type }) => type === 'broker')?.isAway, false)
      t.same(texts(told.find(({ type }) => type === 'history')?.messages ?? []), [`said to ${1 - index}`])
    }
    const after = await ChatPage.join(two.express, 'Di', 'lobby')
    t.same(texts((await after.told('welcome')).history), ['said to 0', 'said to 1'], 'both remember the same')
    await until('its last line has been read', () => one.errors.endsWith('there again\n'))
    t.match(one.errors, /^sockroute: the broker cannot be reached.*\nsockroute: the broker is there again\n$/)
    t.same(await Promise.all([one.stop(), two.stop()]), [0, 0])
  })

  t.test(`without ${name} the demo starts all the same, and says so in a line`, async (t) => {
    const alone = await demo(t, name, await freePort())
    await until('a line', () => alone.errors.endsWith('\n'))
    t.match(alone.errors, new RegExp(`^sockroute: the broker cannot be reached; .*${name} cannot be reached: .*\\n$`))
    const ada = await ChatPage.join(alone.express, 'Ada', 'lobby')
    ada.say('message-1', 'alone')
    t.equal((await ada.told('message')).message.text, 'alone')
    t.equal(await alone.stop(), 0)
  })
}

t.test(
  'who was on a process that has died is gone',
  { skip: !process.env.CI && missing('redis-server') },
  async (t) => {
    const broker = await BrokerProgram.start(t, redisCommand('redis-server'))
    const [one, two] = [await demo(t, 'redis', broker.port), await demo(t, 'redis', broker.port)]
    const ada = await ChatPage.join(one.express, 'Ada', 'lobby')
    await ChatPage.join(two.express, 'Bob', 'lobby')
    await ada.sees(`Ada, Express ${one.port}`, `Bob, Express ${two.port}`)
    await two.stop('SIGKILL')
    await ada.sees(`Ada, Express ${one.port}`)
    t.equal(await one.stop(), 0)
  },
)

t.test('what cannot be right is one line, and the end', async (t) => {
  const tries: [args: string[], line: string | RegExp][] = [
    [['--redis', 'localhost:6379'], "--redis takes a URL such as redis://localhost:6379; got 'localhost:6379'"],
    [['--redis', 'nats://localhost'], "--redis takes a URL such as redis://localhost:6379; got 'nats://localhost'"],
    [['--redis', 'redis://localhost:99999'], /--redis takes a URL/],
    [['--nats', 'nats://'], "--nats takes a URL such as nats://localhost:4222; got 'nats://'"],
    [['--redis', 'redis://localhost', '--nats', 'nats://localhost'], '--redis and --nats: one broker is enough'],
    [['--redis'], /--redis/],
    [['--rabbit'], /--rabbit/],
  ]
  for (const [args, line] of tries) {
    const program = new Program([`${ROOT}dist/demo/server.js`, '--port', '0', ...args], {})
    t.equal(await program.ended(), 1, args.join(' '))
    t.match(program.errors, line)
    t.match(program.errors, /^The demo could not start: [^\n]+\n$/)
  }
})

async function demo(t: Test, broker: string, port: number): Promise<Demo> {
  const started = await startDemo(`--${broker}`, `${broker}://127.0.0.1:${port}`)
  t.teardown(() => started.stop('SIGKILL'))
  return started
}

function texts(messages: readonly { readonly text: string }[]): string[] {
  return messages.map(({ text }) => text)
}
