/** The same programs with `@fastify/websocket` and with the drop-in: both see the same, but for the list of differences. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIFFERENCES } from './differences.mjs'
import { SCENARIOS } from './scenarios.mjs'
import { Stage } from './stage.mjs'

const OURS = 'sockroute/compat/fastify-websocket'

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(name, async () => {
    const seen = { theirs: await play('@fastify/websocket', scenario), ours: await play(OURS, scenario) }
    const known = DIFFERENCES.find(({ scenario }) => scenario === name)
    assert.ok(seen.ours.length > 0)
    if (known === undefined) assert.deepEqual(seen.ours, seen.theirs)
    else assert.deepEqual(seen, { theirs: known.theirs, ours: known.ours })
  })
}

test('every difference is one of a scenario', () => {
  assert.deepEqual(
    DIFFERENCES.filter(({ scenario }) => !(scenario in SCENARIOS)),
    [],
  )
})

async function play(name, scenario) {
  const { default: plugin } = await import(name)
  const stage = new Stage(name, plugin)
  try {
    return await scenario(stage)
  } finally {
    await stage.end()
  }
}
