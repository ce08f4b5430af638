import { draw, el, make, setText } from './dom.ts'
import { clockTime } from './format.ts'

export interface Series<Point> {
  readonly name: string
  /** The class that gives it its colour. */
  readonly kind: string
  /** Null where there is nothing to draw. */
  of(point: Point): number | null
}

export interface ChartOptions<Point> {
  readonly series: readonly Series<Point>[]
  readonly format: (value: number) => string
  /** The axis goes at least so far. */
  readonly least: number
}

/** So many seconds are seen at once. */
export const SECONDS = 120
const HEIGHT = 100

/** Lines over the last two minutes, drawn by hand. What it shows at a point is told in words beside it, and by the pointer. */
export class Chart<Point extends { readonly at: number }> {
  readonly #options: ChartOptions<Point>
  readonly #lines: readonly { readonly area: SVGPathElement; readonly line: SVGPathElement }[]
  readonly #values: readonly HTMLElement[]
  readonly #top = make('span', { class: 'hint' })
  readonly #when = make('span', { class: 'hint when' })
  readonly #cursor = draw('line', { class: 'cursor', y2: HEIGHT, visibility: 'hidden' })
  #points: readonly Point[] = []
  /** Where the pointer is, as a part of the width. */
  #pointer: number | undefined = undefined

  constructor(id: string, options: ChartOptions<Point>) {
    this.#options = options
    this.#lines = options.series.map(({ kind }) => ({
      area: draw('path', { class: `area ${kind}` }),
      line: draw('path', { class: `line ${kind}` }),
    }))
    this.#values = options.series.map(() => make('b'))
    const plot = this.#plot()
    el(id).append(this.#legend(), plot)
    plot.addEventListener('pointermove', ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect()
      this.#point((clientX - left) / width)
    })
    plot.addEventListener('pointerleave', () => this.#point(undefined))
  }

  show(points: readonly Point[]): void {
    this.#points = points
    const { series, least, format } = this.#options
    const values = series.map(({ of }) => points.map((point) => of(point)))
    const top = niceTop(Math.max(least, ...values.flat().map((value) => value ?? 0)))
    for (const [at, { area, line }] of this.#lines.entries()) {
      const path = pathOf(values[at], top)
      line.setAttribute('d', path.line)
      area.setAttribute('d', path.area)
    }
    setText(this.#top, format(top))
    this.#tell()
  }

  #legend(): HTMLElement {
    const keys = this.#options.series.map(({ name, kind }, at) =>
      make('span', { class: `key ${kind}` }, this.#values[at], ` ${name}`),
    )
    return make('p', { class: 'legend row hint' }, ...keys)
  }

  #plot(): HTMLElement {
    const grid = [1, 2].map((third) =>
      draw('line', { class: 'grid', x2: SECONDS, y1: (HEIGHT * third) / 3, y2: (HEIGHT * third) / 3 }),
    )
    const box = { viewBox: `0 0 ${SECONDS} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }
    const paths = this.#lines.flatMap(({ area, line }) => [area, line])
    return make('div', { class: 'plot' }, draw('svg', box, ...grid, ...paths, this.#cursor), this.#top, this.#when)
  }

  #point(part: number | undefined): void {
    this.#pointer = part
    this.#tell()
  }

  /** The values under the pointer; without one the last. */
  #tell(): void {
    const at = this.#pointed()
    const point = at === undefined ? this.#points.at(-1) : this.#points[at]
    const isPointed = at !== undefined && point !== undefined
    this.#cursor.setAttribute('visibility', isPointed ? 'visible' : 'hidden')
    if (isPointed) {
      const x = xOf(at, this.#points.length)
      this.#cursor.setAttribute('x1', String(x))
      this.#cursor.setAttribute('x2', String(x))
    }
    setText(this.#when, isPointed ? clockTime(point.at) : '')
    for (const [index, { of }] of this.#options.series.entries()) {
      const value = point === undefined ? null : of(point)
      setText(this.#values[index], value === null ? '–' : this.#options.format(value))
    }
  }

  #pointed(): number | undefined {
    if (this.#pointer === undefined) return undefined
    const at = Math.round(this.#pointer * (SECONDS - 1)) - (SECONDS - this.#points.length)
    return at >= 0 && at < this.#points.length ? at : undefined
  }
}

/** The newest is at the right. */
function xOf(at: number, length: number): number {
  return ((SECONDS - length + at) / (SECONDS - 1)) * SECONDS
}

function pathOf(values: readonly (number | null)[], top: number): { line: string; area: string } {
  let line = ''
  let area = ''
  let begin: number | undefined
  for (const [at, value] of values.entries()) {
    const x = xOf(at, values.length)
    if (value === null) continue
    const y = HEIGHT - (value / top) * (HEIGHT - 3) - 1
    const step = `${begin === undefined ? 'M' : 'L'}${x.toFixed(2)} ${y.toFixed(2)}`
    line += step
    area += step
    begin ??= x
  }
  const end = xOf(values.length - 1, values.length).toFixed(2)
  return { line, area: begin === undefined ? '' : `${area}L${end} ${HEIGHT}L${begin.toFixed(2)} ${HEIGHT}Z` }
}

/** 1, 2 or 5, and as many noughts as it takes. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((one) => one * power >= value) ?? 10
  return factor * power
}
