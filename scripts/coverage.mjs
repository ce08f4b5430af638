// How much of the sources processes have run, from what Node wrote into a folder (NODE_V8_COVERAGE).
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Report } from 'c8'
import { root } from './run.mjs'

const SOURCES = String(pathToFileURL(`${root}dist/src/`))

/** One source file's, in percent. In this process: c8 takes a second to start. */
export async function coverageOf(file, folder) {
  const map = await mapOf(`dist/${file.replace('.ts', '.js')}`, folder) // its source map leads to the source
  if (!map.files().includes(root + file)) return { branches: 0, lines: 0 }
  const { branches, lines } = map.fileCoverageFor(root + file).toSummary()
  return { branches: branches.pct, lines: lines.pct }
}

/** Of all of src/ that was loaded: in percent, and the branches that nobody took, by file. */
export async function coverageOfAll(folder) {
  const map = await mapOf('dist/src/**/*.js', folder)
  const { branches, lines } = map.getCoverageSummary()
  const missed = map.files().flatMap((file) => {
    const coverage = map.fileCoverageFor(file)
    const lines = Object.entries(coverage.b)
      .filter(([, counts]) => counts.includes(0))
      .map(([branch]) => coverage.branchMap[branch].loc.start.line)
    return lines.length === 0 ? [] : [`${file.replace(root, '')}: ${[...new Set(lines)].join(', ')}`]
  })
  return { branches: branches.pct, lines: lines.pct, missed }
}

/** Leaves nothing in the folder but what is of src/: the rest is a hundred times as much. */
export function keepSources(folder) {
  for (const name of readdirSync(folder)) {
    const file = `${folder}/${name}`
    const { result, 'source-map-cache': maps = {}, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
    const kept = result.filter(({ url }) => url.startsWith(SOURCES))
    if (kept.length === 0) unlinkSync(file)
    else {
      const keptMaps = Object.fromEntries(Object.entries(maps).filter(([url]) => url.startsWith(SOURCES)))
      writeFileSync(file, JSON.stringify({ result: kept, 'source-map-cache': keptMaps, ...rest }))
    }
  }
}

function mapOf(included, folder) {
  const report = new Report({ tempDirectory: folder, include: [included], exclude: [], extension: ['.js'] })
  return report.getCoverageMapFromAllCoverageFiles()
}
