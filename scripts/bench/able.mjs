// Whether a peer runs on this platform is known when it has: it may be installed, and lack native code all the same.
import { ServerProcess } from './server-process.mjs'

/** Those that serve; a peer that does not is left out. Ours are not tried, as their fault would be one of the bench. */
export async function able(contenders) {
  const those = []
  for (const contender of contenders) {
    const fault = contender.apart === undefined ? undefined : await faultOf(contender)
    if (fault === undefined) those.push(contender)
    else console.log(`${contender.id} is left out: ${fault}`)
  }
  return those
}

async function faultOf({ command, folder, server, settings }) {
  const process = new ServerProcess(command, { server, task: 'echo', ...settings, packages: `${folder}package.json` })
  try {
    await process.started()
    return undefined
  } catch (error) {
    return error.message
  } finally {
    await process.end()
  }
}
