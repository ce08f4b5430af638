/** The demo's driver for the apps of one process does what any driver has to do. */

import t from 'tap'
import { MemoryBroker } from '../demo/memory-broker.ts'
import { brokerContract } from './support/broker-contract.ts'

brokerContract(t, 'demo', { create: () => new MemoryBroker() })
