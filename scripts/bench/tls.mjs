// A certificate for this run: as text, and as files for those who want files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../../dist/examples/self-signed.js'

let made

export function tls() {
  made ??= make()
  return made
}

function make() {
  const { key, cert } = selfSigned()
  const folder = mkdtempSync(join(tmpdir(), 'sockroute-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const [keyFile, certFile] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
  writeFileSync(keyFile, key, { mode: 0o600 })
  writeFileSync(certFile, cert)
  return { key, cert, keyFile, certFile }
}
