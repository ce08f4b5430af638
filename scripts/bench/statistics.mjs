// Of several rounds.

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The medians of what several objects have in common. @param objects whose values are numbers */
export function medians(objects) {
  return Object.fromEntries(Object.keys(objects[0]).map((key) => [key, median(objects.map((one) => one[key]))]))
}

/** The median of the ratios within each round: what disturbs one round disturbs both of its figures. */
export function ratio(numbers, others) {
  return median(numbers.map((number, round) => number / others[round]))
}
