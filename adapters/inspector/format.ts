const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

export function count(value: number): string {
  return value < 100_000 ? WHOLE.format(value) : SHORT.format(value)
}

/** By the second. */
export function rate(value: number): string {
  if (value === 0) return '0'
  return value < 10 ? TENTHS.format(value) : count(value)
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(value: number): string {
  const power = value < 1_024 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), UNITS.length - 1)
  const scaled = value / 1_024 ** power
  return `${scaled < 10 && power > 0 ? TENTHS.format(scaled) : WHOLE.format(scaled)} ${UNITS[power]}`
}

export function ms(value: number | null): string {
  if (value === null) return '–'
  return value < 10 ? `${TENTHS.format(value)} ms` : value < 10_000 ? `${WHOLE.format(value)} ms` : age(value)
}

const SPANS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

export function age(value: number): string {
  const seconds = Math.max(0, Math.floor(value / 1_000))
  for (const [at, [unit, length]] of SPANS.entries()) {
    if (seconds < length) continue
    const [smaller, smallerLength] = SPANS[at + 1] ?? ['s', 1]
    const rest = Math.floor((seconds % length) / smallerLength)
    return `${Math.floor(seconds / length)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ''}`
  }
  return `${seconds} s`
}

/** Of the day, in the time zone of whoever looks. */
export function clockTime(at: number, withMs = false): string {
  const date = new Date(at)
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'))
  return parts.join(':') + (withMs ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '')
}
