// How fast something grows: the straight line through the samples, by least squares.

/** Per hour, of samples `[seconds, value, connections]`, as if the number of connections had not changed. NaN of less than four. */
export function slopePerHour(samples) {
  if (samples.length < 4) return Number.NaN
  const [time, value, connections] = [0, 1, 2].map((index) => samples.map((sample) => sample[index]))
  return slope(without(time, connections), without(value, connections)) * 3_600
}

/** What is left of `ys` when everything that a straight line of `xs` explains has been taken away. */
function without(ys, xs) {
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const rise = slope(xs, ys)
  return ys.map((y, at) => y - meanY - rise * (xs[at] - meanX))
}

/** None where `xs` are all the same. */
function slope(xs, ys) {
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const run = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
  return run === 0 ? 0 : xs.reduce((sum, x, at) => sum + (x - meanX) * (ys[at] - meanY), 0) / run
}

function mean(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}
