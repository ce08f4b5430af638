/** Orders are remembered for the handshakes that were under way when they came, and for nobody else. */

import t from 'tap'
import { type Missed, NOTHING, type RecentOrder, RecentOrders } from '../src/recent-orders.ts'

const MOST = 100
const APP = {}
const OTHER = {}

/** By its number, so that it can be told apart. */
const order = (number: number, by = APP): RecentOrder => ({
  by,
  close: { isMeant: () => true, payload: Buffer.from([number >> 8, number]) },
})

const numbers = (orders: Missed): unknown =>
  orders === 'forgotten' ? orders : orders.map(({ close }) => close?.payload.readUInt16BE())

t.test('nothing is remembered where nobody is under way', async (t) => {
  const orders = new RecentOrders(MOST)
  orders.add(order(1))
  t.equal(orders.size, 0)
  t.same(orders.since(orders.begin(), APP), [], 'and who begins then has missed nothing')
})

t.test('each has missed what came since it began', async (t) => {
  const orders = new RecentOrders(MOST)
  const first = orders.begin()
  orders.add(order(1))
  const second = orders.begin()
  orders.add(order(2))
  orders.add(order(3))
  const third = orders.begin()
  t.same(
    [first, second, third].map((one) => numbers(orders.since(one, APP))),
    [[1, 2, 3], [2, 3], []],
  )
  orders.end(second)
  t.equal(orders.size, 3, 'the first has missed them, too')
  orders.end(first)
  t.equal(orders.size, 0, 'the third has missed none')
  orders.add(order(4))
  t.same(numbers(orders.since(third, APP)), [4])
  orders.end(third)
  t.equal(orders.size, 0)
})

t.test('there is always somebody under way: what nobody has missed is forgotten all the same', async (t) => {
  const orders = new RecentOrders(MOST)
  let last = orders.begin()
  for (let i = 0; i < 10; i++) {
    orders.add(order(i))
    const next = orders.begin()
    t.same(numbers(orders.since(last, APP)), [i])
    orders.end(last)
    t.equal(orders.size, 0)
    last = next
  }
})

t.test('so many, and no more', async (t) => {
  const orders = new RecentOrders(MOST)
  const first = orders.begin()
  orders.add(order(0))
  const second = orders.begin()
  for (let i = 1; i < MOST; i++) orders.add(order(i))
  t.equal(orders.since(first, APP).length, MOST)
  orders.add(order(MOST))
  t.equal(orders.since(first, APP), 'forgotten', 'one more')
  t.equal(orders.since(second, APP).length, MOST)
  t.equal(orders.size, MOST)
  orders.end(first)
  t.equal(orders.since(second, APP).length, MOST, 'its end is not counted as that of another')
  orders.add(order(MOST + 1))
  t.equal(orders.since(second, APP), 'forgotten')
  t.equal(orders.size, MOST)
  orders.end(second)
  t.equal(orders.size, 0)
  const third = orders.begin()
  orders.add(order(1))
  t.same(numbers(orders.since(third, APP)), [1])
  orders.end(third)
  t.equal(orders.size, 0)
})

t.test('what one app has ordered in plenty is no other’s affair', async (t) => {
  const orders = new RecentOrders(MOST)
  const first = orders.begin()
  orders.add(order(1))
  const second = orders.begin()
  orders.add(order(2, OTHER))
  for (let i = 0; i < MOST; i++) orders.add(order(i))
  t.equal(orders.since(first, OTHER), 'forgotten', 'with the others’ its own is gone, too')
  orders.end(first)
  const third = orders.begin()
  orders.add(order(3))
  orders.add(order(4, OTHER))
  t.same(
    [second, third].map((one) => [numbers(orders.since(one, APP)), numbers(orders.since(one, OTHER))]),
    [
      ['forgotten', 'forgotten'],
      [[3], [4]],
    ],
  )
  for (let i = 0; i < MOST; i++) orders.add(order(i))
  const last = orders.begin()
  for (let i = 0; i <= MOST; i++) orders.add(order(i))
  t.equal(orders.since(last, APP), 'forgotten')
  t.equal(orders.since(last, OTHER), NOTHING)
  for (const one of [second, third, last]) orders.end(one)
  t.equal(orders.size, 0)
})

t.test('in any order of beginnings, orders and ends: as a list of all of them says', async (t) => {
  const orders = new RecentOrders(MOST)
  const all: { number: number; by: object }[] = []
  const underWay: { since: number; began: number }[] = []
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  /** Of those that are not kept any more one may have been of this app. */
  const missedOf = (app: object, began: number): unknown => {
    const isApps = ({ by }: { by: object }): boolean => by === app
    const isForgotten = all.slice(began, Math.max(began, all.length - MOST)).some(isApps)
    return isForgotten
      ? 'forgotten'
      : all
          .slice(began)
          .filter(isApps)
          .map(({ number }) => number)
  }
  for (let step = 0; step < 20_000; step++) {
    const what = random(4)
    if (what === 0) underWay.push({ since: orders.begin(), began: all.length })
    else if (what === 1 && underWay.length > 0) orders.end(underWay.splice(random(underWay.length), 1)[0].since)
    else if (what > 1) {
      const one = { number: all.length, by: random(50) === 0 ? OTHER : APP }
      all.push(one)
      orders.add(order(one.number, one.by))
    }
    const missed = Math.min(MOST, Math.max(0, ...underWay.map(({ began }) => all.length - began)))
    if (orders.size !== missed) t.equal(orders.size, missed, `step ${step}`)
    if (step % 50 > 0) continue
    for (const { since, began } of underWay) {
      for (const app of [APP, OTHER]) {
        const found = numbers(orders.since(since, app))
        if (String(found) !== String(missedOf(app, began))) t.same(found, missedOf(app, began), `step ${step}`)
      }
    }
  }
  t.ok(all.length > MOST && underWay.length > 1)
})
