import { overHttp2 } from './suites.ts'

overHttp2('frames', 'messages', 'compression', 'catalogue-frames', 'catalogue-deflate', 'clients', 'compressed-clients')
