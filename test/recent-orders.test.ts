/** Orders are remembered for the handshakes that were under way when they came, and for nobody else. */

import t from 'tap'
import { type Missed, MOST_ORDERS, type RecentOrder, RecentOrders } from '../src/recent-orders.ts'

/** By its number, so that it can be told apart. */
const order = (number: number): RecentOrder => ({ by: { number } })

const numbers = (orders: Missed): unknown =>
  orders === 'forgotten' ? orders : orders.map(({ by }) => (by as { number: number }).number)

t.test('nothing is remembered where nobody is under way', async (t) => {
  const orders = new RecentOrders()
  orders.add(order(1))
  t.equal(orders.size, 0)
  t.same(orders.since(orders.begin()), [], 'and who begins then has missed nothing')
})

t.test('each has missed what came since it began', async (t) => {
  const orders = new RecentOrders()
  const first = orders.begin()
  orders.add(order(1))
  const second = orders.begin()
  orders.add(order(2))
  orders.add(order(3))
  const third = orders.begin()
  t.same(
    [first, second, third].map((one) => numbers(orders.since(one))),
    [[1, 2, 3], [2, 3], []],
  )
  orders.end(second)
  t.equal(orders.size, 3, 'the first has missed them, too')
  orders.end(first)
  t.equal(orders.size, 0, 'the third has missed none')
  orders.add(order(4))
  t.same(numbers(orders.since(third)), [4])
  orders.end(third)
  t.equal(orders.size, 0)
})

t.test('there is always somebody under way: what nobody has missed is forgotten all the same', async (t) => {
  const orders = new RecentOrders()
  let last = orders.begin()
  for (let i = 0; i < 10; i++) {
    orders.add(order(i))
    const next = orders.begin()
    t.same(numbers(orders.since(last)), [i])
    orders.end(last)
    t.equal(orders.size, 0)
    last = next
  }
})

t.test('so many, and no more', async (t) => {
  const orders = new RecentOrders()
  const first = orders.begin()
  orders.add(order(0))
  const second = orders.begin()
  for (let i = 1; i < MOST_ORDERS; i++) orders.add(order(i))
  t.equal(orders.since(first)?.length, MOST_ORDERS)
  orders.add(order(MOST_ORDERS))
  t.equal(orders.since(first), 'forgotten', 'one more')
  t.equal(orders.since(second)?.length, MOST_ORDERS)
  t.equal(orders.size, MOST_ORDERS)
  orders.end(first)
  t.equal(orders.since(second)?.length, MOST_ORDERS, 'its end is not counted as that of another')
  orders.add(order(MOST_ORDERS + 1))
  t.equal(orders.size, 0, 'those that nobody can be told are not kept')
  orders.end(second)
  const third = orders.begin()
  orders.add(order(1))
  t.same(numbers(orders.since(third)), [1])
  orders.end(third)
  t.equal(orders.size, 0)
})

t.test('in any order of beginnings, orders and ends: as a list of all of them says', async (t) => {
  const orders = new RecentOrders()
  const all: number[] = []
  const underWay: { since: number; began: number }[] = []
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let step = 0; step < 20_000; step++) {
    const what = random(4)
    if (what === 0) underWay.push({ since: orders.begin(), began: all.length })
    else if (what === 1 && underWay.length > 0) orders.end(underWay.splice(random(underWay.length), 1)[0].since)
    else if (what > 1) orders.add(order(all.push(all.length) - 1))
    const known = underWay.map(({ began }) => all.length - began).filter((missed) => missed <= MOST_ORDERS)
    if (orders.size !== Math.max(0, ...known)) t.equal(orders.size, Math.max(0, ...known), `step ${step}`)
    if (step % 50 > 0) continue
    for (const { since, began } of underWay) {
      const missed = all.length - began > MOST_ORDERS ? 'forgotten' : all.slice(began)
      if (String(numbers(orders.since(since))) !== String(missed)) t.same(numbers(orders.since(since)), missed)
    }
  }
  t.ok(all.length > MOST_ORDERS && underWay.length > 1)
})
