/** SHA-256, by the runtime where it has one: Node, Deno and Bun have it compiled, ten times as fast. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** the same without help of the runtime, as in pages */
export const portableSha256Of = (...parts: readonly Uint8Array[]): string =>
  bytesToHex(parts.reduce((hash, part) => hash.update(part), sha256.create()).digest())

/** SHA-256 of the parts one after the other, in 64 hexadecimal digits */
export const sha256Of = (...parts: readonly Uint8Array[]): string => {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function')
    return portableSha256Of(...parts)
  const { createHash } = process.getBuiltinModule('node:crypto')
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')
}
