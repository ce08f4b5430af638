import { DIFFERENCES, type Difference } from './differences.ts'
import type { OurReading } from './ours.ts'
import { isSame, type Reading } from './reading.ts'

/** Throws for a difference that is not on the list. */
export function agrees(peer: Difference['peer'], ours: OurReading, theirs: Reading): void {
  if (isSame(ours, theirs)) return
  if (DIFFERENCES.some((difference) => difference.peer === peer && difference.explains(ours, theirs))) return
  throw new Error(`we read ${JSON.stringify(ours)}, ${peer} reads ${JSON.stringify(theirs)}`)
}

/** Those of the list that their example does not show any more. */
export async function gone(
  peer: Difference['peer'],
  readOurs: (chunks: Buffer[]) => OurReading,
  readTheirs: (bytes: Buffer) => Reading | Promise<Reading>,
): Promise<string[]> {
  const names: string[] = []
  for (const { name, example, explains, peer: whose } of DIFFERENCES) {
    if (whose !== peer) continue
    const ours = readOurs([Buffer.from(example, 'hex')])
    const theirs = await readTheirs(Buffer.from(example, 'hex'))
    if (isSame(ours, theirs) || !explains(ours, theirs)) names.push(`${name}: ${JSON.stringify([ours, theirs])}`)
  }
  return names
}
