import { overHttp2 } from './suites.ts'

overHttp2('flow', 'catalogue-flow', 'closing', 'leaving', 'shutdown')
