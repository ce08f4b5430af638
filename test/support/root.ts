/** The project's folder, with a slash at its end. Tests run from their sources, and compiled from dist/test. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

let folder = new URL('.', import.meta.url)
while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder)

export const ROOT: string = fileURLToPath(folder)
