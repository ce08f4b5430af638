// The client as a program: it is asked over IPC to open connections to a contender, to load it, and to let it go.
import { EchoLoad } from './client/echo-load.mjs'

const LOADS = { echo: EchoLoad }
const loads = new Map()

process.on('disconnect', () => process.exit())
process.on('message', async ({ id, ask, contender, ...rest }) => {
  try {
    process.send({ id, ...(await ASKED[ask](contender, rest)) })
  } catch (error) {
    process.send({ id, fault: error.message })
  }
})

const ASKED = {
  async open(contender, { target, workload }) {
    loads.set(contender, await LOADS[workload.load].open(target, workload))
  },
  run: (contender, { seconds }) => loads.get(contender).run(seconds),
  close(contender) {
    loads.get(contender)?.close()
    loads.delete(contender)
  },
}
