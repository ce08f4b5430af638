import { Buffer } from 'node:buffer'

/** XORs `source[start, end)` with a key into `target` from `at` on; the two may be the same bytes. */
export type MaskBlocks = (target: Buffer, at: number, source: Buffer, start: number, end: number, key: number) => void

export interface SimdMask {
  /** From how many bytes on it is the fastest way; Infinity where it is none. */
  readonly from: number
  readonly mask: MaskBlocks
}

/** Of the global `WebAssembly`, what is used here. */
export interface WebAssemblyEngine {
  readonly Module: new (bytes: Buffer) => object
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
}

interface Exports {
  readonly m: { readonly buffer: ArrayBuffer }
  readonly x: (bytes: number, key: number) => void
}

/**
 * 132 bytes of WebAssembly: one page of memory `m`, and `x(bytes, key)`, which XORs its first `bytes` with the four bytes of
 * `key`, 64 at a turn: for (at = 0; at < bytes; at += 64) four times v128.store(v128.xor(v128.load, i32x4.splat(key))).
 */
const MODULE = [
  'AGFzbQEAAAABBgFgAn9/AAMCAQAFAwEAAQcJAgFtAgABeAAACl4BXAIBfwF7IAH9ESEDA0AgAiAC/QAEACAD/VH9CwQAIAIgAv0ABBAgA/1R/QsE',
  'ECACIAL9AAQgIAP9Uf0LBCAgAiAC/QAEMCAD/VH9CwQwIAJBwABqIgIgAEkNAAsL',
].join('')

/** Below this the way into WebAssembly's memory and out of it costs more than it saves: 1,024 bytes take 144 ns (197 in words). */
const FROM = 1_024
const UNAVAILABLE: SimdMask = { from: Number.POSITIVE_INFINITY, mask: () => undefined }

/** Masks with the machine's vector instructions; `engine` is undefined where there is no WebAssembly (`--jitless`). */
export function simdMask(engine: WebAssemblyEngine | undefined): SimdMask {
  try {
    if (engine === undefined) return UNAVAILABLE
    const { exports } = new engine.Instance(new engine.Module(Buffer.from(MODULE, 'base64')))
    const { m, x } = exports as unknown as Exports // as MODULE says
    return { from: FROM, mask: maskBlocks(Buffer.from(m.buffer), x) }
  } catch {
    return UNAVAILABLE // a machine without vector instructions
  }
}

function maskBlocks(memory: Buffer, xor: Exports['x']): MaskBlocks {
  return (target, at, source, start, end, key) => {
    for (let from = start; from < end; from += memory.length) {
      const size = Math.min(memory.length, end - from)
      source.copy(memory, 0, from, from + size)
      xor(size, key)
      memory.copy(target, at + from - start, 0, size)
    }
  }
}
