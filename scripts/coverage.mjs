// How much of one source file a process has run.
import { Report } from 'c8'
import { root } from './run.mjs'

/** Reads what Node wrote to the folder `coverage` (NODE_V8_COVERAGE). In this process: c8 takes a second to start. */
export async function coverageOf(file, coverage) {
  const compiled = `dist/${file.replace('.ts', '.js')}` // its source map leads to the source
  const report = new Report({ tempDirectory: coverage, include: [compiled], exclude: [], extension: ['.js'] })
  const map = await report.getCoverageMapFromAllCoverageFiles()
  if (!map.files().includes(root + file)) return { branches: 0, lines: 0 }
  const { branches, lines } = map.fileCoverageFor(root + file).toSummary()
  return { branches: branches.pct, lines: lines.pct }
}
