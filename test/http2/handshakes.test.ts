import { overHttp2 } from './suites.ts'

overHttp2('handshake', 'hooks', 'failing-hooks', 'late-hooks', 'origin', 'quota', 'request-body', 'neighbours')
