/** nginx and HAProxy, with the settings for WebSockets that their own manuals give. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { TLS } from '../adapters/tls.ts'
import { listens } from './listens.ts'

/** One way through a proxy. */
export interface Site {
  readonly port: number
  /** Where the app listens. */
  readonly appPort: number
  /** TLS ends at the proxy. */
  readonly isTls: boolean
  /** Else the app sees its own address as Host, and the client's in X-Forwarded-Host. */
  readonly isHostKept: boolean
}

export interface ReverseProxy {
  readonly name: string
  /** Why it cannot be had; false where it can. */
  readonly missing: string | false
  /** Runs it until the test ends; fulfils when it listens. */
  start(t: Test, sites: readonly Site[]): Promise<void>
}

const SITE_FILES = { 'cert.pem': TLS.cert, 'key.pem': TLS.key, 'both.pem': `${TLS.cert}\n${TLS.key}` }

/** How a proxy's program is called; its configuration is `proxy.conf` in the folder that it runs in. */
const ARGUMENTS = {
  nginx: ['-p', '.', '-e', 'stderr', '-c', 'proxy.conf'],
  haproxy: ['-db', '-f', 'proxy.conf'],
  caddy: ['run', '--config', 'proxy.conf', '--adapter', 'caddyfile'],
} as const

export type ProxyName = keyof typeof ARGUMENTS

const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** Why a proxy cannot be had; false where it can. */
export function missing(name: ProxyName): string | false {
  const version = name === 'caddy' ? 'version' : '-v'
  return spawnSync(name, [version], { env: ENV }).status === 0 ? false : `no ${name}: apt-get install ${name}`
}

/** Runs a proxy until the test ends; fulfils when it listens on all the ports. */
export async function runProxy(t: Test, name: ProxyName, config: string, ports: readonly number[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `sockroute-${name}-`))
  const files = { ...SITE_FILES, 'proxy.conf': config }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content)
  const env = { ...ENV, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder } // Caddy writes there
  const child = spawn(name, ARGUMENTS[name], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  t.teardown(async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
    if (!t.passing()) t.comment(errors)
  })
  for (const port of ports) await listens(child, port)
}

function proxy(name: ProxyName, configOf: (sites: readonly Site[]) => string): ReverseProxy {
  return {
    name,
    missing: missing(name),
    start: (t, sites) => {
      const ports = sites.map(({ port }) => port)
      return runProxy(t, name, configOf(sites), ports)
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

export const PROXIES: readonly ReverseProxy[] = [proxy('nginx', nginxConfig), proxy('haproxy', haproxyConfig)]

/** As nginx.org/en/docs/http/websocket.html has it. `$host` is the client's, `$proxy_host` what nginx sends by itself. */
function nginxConfig(sites: readonly Site[]): string {
  const server = ({ port, appPort, isTls, isHostKept }: Site): string => `
  server {
    listen 127.0.0.1:${port} ${isTls ? 'ssl http2' : ''};
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    location / {
      proxy_pass http://127.0.0.1:${appPort};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host ${isHostKept ? '$host' : '$proxy_host'};
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  return `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 768; }
http {
  access_log off;
  ${folders.join(' ')}
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' close;
  }${sites.map(server).join('')}
}
`
}

/** Debian's own defaults, and with them no tunnel's time-out; over TLS it speaks HTTP/2, and WebSockets over that. RFC 8441 */
function haproxyConfig(sites: readonly Site[]): string {
  const frontend = ({ port, appPort, isTls, isHostKept }: Site): string => `
frontend site-${port}
  bind 127.0.0.1:${port} ${isTls ? 'ssl crt both.pem alpn h2,http/1.1' : ''}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto ${isTls ? 'https' : 'http'}
  ${isHostKept ? '' : `http-request set-header Host 127.0.0.1:${appPort}`}
  default_backend app-${port}
backend app-${port}
  server app 127.0.0.1:${appPort}
`
  return `
global
  maxconn 1000
defaults
  mode http
  option forwardfor
  timeout connect 5000
  timeout client 50000
  timeout server 50000
${sites.map(frontend).join('')}`
}
