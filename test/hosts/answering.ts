/** A client that answers pings, as a program of its own that can be stopped. Run by faults-network.test.ts. */

import { WebSocket } from 'undici'

const socket = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/ws`)
socket.addEventListener('open', () => console.log(`open ${process.pid}`))
socket.addEventListener('close', () => console.log('closed'))
