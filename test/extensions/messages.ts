/** Messages of every kind and size, always the same. */
export function messages(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => message(at))
}

function message(at: number): Buffer {
  let seed = Math.imul(at + 1, 0x9e3779b1)
  const random = (below: number): number => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x12345
    return (seed >>> 8) % below
  }
  const size = at % 40 === 39 ? random(300_000) : at % 5 === 4 ? random(40_000) : random(900)
  const kinds = [
    () => Buffer.from(JSON.stringify(Array.from({ length: size / 20 }, (_, id) => ({ id, name: random(99) })))),
    () => Buffer.from(Array.from({ length: size }, () => random(256))),
    () => Buffer.alloc(size),
    () => Buffer.alloc(size, `sockroute ${at} `),
  ]
  return kinds[at % kinds.length]()
}
