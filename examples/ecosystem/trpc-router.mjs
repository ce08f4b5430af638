// trpc-router.mjs
import { setInterval } from 'node:timers/promises'
import { initTRPC } from '@trpc/server'

const t = initTRPC.create()

export const router = t.router({
  double: t.procedure.input(Number).query(({ input }) => 2 * input),
  countdown: t.procedure.input(Number).subscription(async function* ({ input }) {
    for (let left = input; left > 0; left--) yield left
  }),
  ticks: t.procedure.subscription(async function* ({ signal }) {
    for await (const tick of setInterval(100, 1, { signal })) yield tick
  }),
})
