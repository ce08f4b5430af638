import { overHttp2 } from './suites.ts'

overHttp2('close-some-late', 'diagnostics', 'handler-errors', 'mistakes', 'topics')
