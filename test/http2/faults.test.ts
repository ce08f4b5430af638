import { overHttp2 } from './suites.ts'

overHttp2('advisories', 'catalogue-attacks', 'faults-handlers', 'faults-network', 'faults-time')
