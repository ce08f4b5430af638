import { overHttp2 } from './suites.ts'

overHttp2('diagnostics', 'handler-errors', 'mistakes', 'topics')
