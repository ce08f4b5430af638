// graphql-schema.mjs
import { setInterval } from 'node:timers/promises'
import { buildSchema } from 'graphql'

export const schema = buildSchema(`
  type Query { hello: String }
  type Subscription { countdown(from: Int!): Int, ticks: Int }
`)

export const roots = {
  query: { hello: () => 'world' },
  subscription: {
    async *countdown({ from }) {
      for (let left = from; left > 0; left--) yield { countdown: left }
    },
    async *ticks() {
      for await (const tick of setInterval(100, 1)) yield { ticks: tick }
    },
  },
}
