import { expressHosts } from './express.ts'
import { fastifyHost } from './fastify.ts'
import type { Host } from './host.ts'
import { nodeHost } from './node.ts'

export const HOSTS: readonly Host[] = [nodeHost, ...expressHosts, fastifyHost]
