// A contender in one workload: its server, with the client's connections to it.
import { ServerProcess } from './server-process.mjs'

/** Starts the server, opens the client's connections, and checks what comes back. @throws Error if any of it fails */
export async function takePart(contender, workload, client, { node }) {
  const { id, folder, server, settings } = contender
  const process = new ServerProcess([node], {
    server,
    ...settings,
    task: workload.task,
    payload: workload.payload,
    isCompressed: workload.isCompressed,
    packages: `${folder}package.json`,
  })
  const { port, runtime } = await process.started()
  await client.ask('open', id, { workload, target: { port } })
  return { id, runtime, process }
}
