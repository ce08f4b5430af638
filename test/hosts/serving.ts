/** One host as a program of its own, which echoes on `/ws`. Run by faults-process.test.ts. */

import type { AddressInfo } from 'node:net'
import { echo } from './host.ts'
import { HOSTS } from './hosts.ts'

const host = HOSTS.find(({ name }) => name === process.argv[2])
if (host === undefined) throw new TypeError(`there is no host ${process.argv[2]}`)
const { server } = await host.start({ routes: { '/ws': echo } })
console.log(`listening ${(server.address() as AddressInfo).port}`)
