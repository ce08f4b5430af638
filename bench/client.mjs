// The client as a program: it is asked over IPC to open connections to a server, to load it, and to let it go.
import { answer } from './client/answers.mjs'
import { EchoLoad } from './client/echo-load.mjs'
import { FanOutLoad } from './client/fan-out-load.mjs'
import { FloodLoad } from './client/flood-load.mjs'
import { HandshakeLoad } from './client/handshake-load.mjs'
import { IdleLoad } from './client/idle-load.mjs'

const LOADS = {
  'round-trips': EchoLoad,
  'fan-out': FanOutLoad,
  flood: FloodLoad,
  handshakes: HandshakeLoad,
  idle: IdleLoad,
}
let load

answer({
  async open({ target, workload }) {
    load = await LOADS[workload.load].open(target, workload)
  },
  run: ({ seconds }) => load.run(seconds),
  close: () => load.close(),
})
