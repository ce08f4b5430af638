// How fast something grows: the straight line through the samples, by least squares.

/** Per hour, of samples `[seconds, value]`; NaN of less than three. */
export function slopePerHour(samples) {
  if (samples.length < 3) return Number.NaN
  const mean = (index) => samples.reduce((sum, sample) => sum + sample[index], 0) / samples.length
  const [time, value] = [mean(0), mean(1)]
  const rise = samples.reduce((sum, [at, one]) => sum + (at - time) * (one - value), 0)
  const run = samples.reduce((sum, [at]) => sum + (at - time) ** 2, 0)
  return (rise / run) * 3_600
}
