import type { AppOptions } from 'sockroute'

/** One of the two servers, as the other parts of the demo see it. */
export interface Site {
  readonly name: string
  readonly port: number
  /** Refuses new connections, ends the open ones, and resolves when all are gone. */
  close(): Promise<void>
}

/** How to start one of them. */
export interface SiteOptions {
  readonly host: string
  readonly port: number
  /** What people are told of where somebody is. */
  readonly via: string
  /** All that there are, so that one can name the other. */
  readonly sites: readonly Site[]
  readonly ws: AppOptions
  /** Serves https:// with this key and certificate, in PEM, and over HTTP/2 what can be. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** The page's files. This module runs as `dist/demo/site.js`; they stay where they are. */
export const PAGE: URL = new URL('../../demo/page/', import.meta.url)

/** The defaults are right for most servers; a chat needs much less room than they give. */
export const WS_OPTIONS: AppOptions = {
  maxMessageBytes: 16 * 1024,
  maxUnsentBytes: 2 * 1024 * 1024,
  pingIntervalMs: 1000, // far more often than a connection needs, so that the page has a round-trip time to show
  drain: { spreadMs: 1000, deadlineMs: 3000, code: 1012 },
}
