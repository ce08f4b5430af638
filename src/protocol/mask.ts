import { Buffer } from 'node:buffer'
import { Chunk } from './chunk.ts'
import { simdMask, type WebAssemblyEngine } from './simd-mask.ts'

/** A shorter payload is done sooner byte by byte: 1 ns each (Node 20); words need a beginning and an end. */
const WORDS_FROM = 32
/** In a shorter chunk the words do not earn their view, which costs 60 ns. */
const VIEW_FROM = 80

/** Four bytes that are also one word, so that a key becomes a word in the machine's own byte order. */
const keyBytes = new Uint8Array(4)
const keyWord = new Int32Array(keyBytes.buffer)
const simd = simdMask((globalThis as { WebAssembly?: WebAssemblyEngine }).WebAssembly) // the types of Node 20 lack it

/**
 * Unmasks the bytes from `start` to before `end` in place; masking is the same operation. `key` holds the first byte of
 * the masking key in its lowest bits, and `phase` is the place of `start` in the payload. RFC 6455 §5.3
 */
export function unmask(chunk: Chunk, start: number, end: number, key: number, phase: number): void {
  if (key === 0) return
  const turned = turn(key, phase)
  if (end - start >= simd.from) simd.mask(chunk.bytes, start, chunk.bytes, start, end, turned)
  else if (end - start < WORDS_FROM || chunk.length < VIEW_FROM) unmaskBytes(chunk.bytes, start, end, turned)
  else unmaskWords(chunk, start, end, turned)
}

/** The same, from `source[start, end)` into `target`, which is as long. */
export function unmaskTo(target: Buffer, source: Buffer, start: number, end: number, key: number, phase: number): void {
  if (end - start >= simd.from) {
    simd.mask(target, 0, source, start, end, turn(key, phase))
    return
  }
  source.copy(target, 0, start, end)
  unmask(new Chunk(target), 0, end - start, key, phase)
}

/** The same, from a chunk that is lent into bytes that stay; those of the chunk may be changed. */
export function unmaskedCopy(chunk: Chunk, start: number, end: number, key: number): Buffer {
  const own = Buffer.allocUnsafe(end - start)
  if (end - start >= simd.from) {
    simd.mask(own, 0, chunk.bytes, start, end, key)
    return own
  }
  unmask(chunk, start, end, key, 0)
  chunk.bytes.copy(own, 0, start, end)
  return own
}

/** The key as it stands `phase` bytes further on. A shift by 32 is one by 0. */
function turn(key: number, phase: number): number {
  const bits = (phase & 3) << 3
  return (key >>> bits) | (key << (32 - bits))
}

function unmaskBytes(bytes: Buffer, start: number, end: number, key: number): void {
  const second = key >>> 8
  const third = key >>> 16
  const fourth = key >>> 24
  let at = start
  for (const last = end - 3; at < last; at += 4) {
    bytes[at] ^= key
    bytes[at + 1] ^= second
    bytes[at + 2] ^= third
    bytes[at + 3] ^= fourth
  }
  for (let rest = key; at < end; at++, rest >>>= 8) bytes[at] ^= rest
}

/** All whole words of the memory that lie in the range, and the bytes before and behind them. */
function unmaskWords(chunk: Chunk, start: number, end: number, key: number): void {
  const { bytes, origin } = chunk
  const head = -(origin + start) & 3
  const turned = turn(key, head)
  const last = (origin + end) >>> 2
  unmaskBytes(bytes, start, start + head, key)
  xorWords(chunk.words, (origin + start + head) >>> 2, last, toWord(turned))
  unmaskBytes(bytes, last * 4 - origin, end, turned)
}

function toWord(key: number): number {
  keyBytes[0] = key
  keyBytes[1] = key >>> 8
  keyBytes[2] = key >>> 16
  keyBytes[3] = key >>> 24
  return keyWord[0]
}

function xorWords(words: Int32Array, from: number, to: number, word: number): void {
  let at = from
  for (const last = to - 7; at < last; at += 8) {
    words[at] ^= word
    words[at + 1] ^= word
    words[at + 2] ^= word
    words[at + 3] ^= word
    words[at + 4] ^= word
    words[at + 5] ^= word
    words[at + 6] ^= word
    words[at + 7] ^= word
  }
  for (; at < to; at++) words[at] ^= word
}
