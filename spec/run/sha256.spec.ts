/** Digests are the same on every runtime, and those of the standard. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { portableSha256Of, sha256Of } from '../../src/run/sha256.js'
import { utf8 } from '../../src/value/text.js'

describe('a SHA-256', () => {
  // FIPS 180-2, appendix B
  test.each([
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'
    ]
  ])('of %s is that of the standard', (text, digest) => {
    expect(sha256Of(utf8(text))).toBe(digest)
    expect(portableSha256Of(utf8(text))).toBe(digest)
  })
  it('is the same from the runtime and without it, however the bytes are divided, in shared memory too', () => {
    const part = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.boolean()).map(([bytes, shared]) => {
      if (!shared) return bytes
      const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
      copy.set(bytes)
      return copy
    })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), parts => {
        const whole = Uint8Array.from(parts.flatMap(p => [...p]))
        expect(sha256Of(...parts)).toBe(portableSha256Of(whole))
        expect(portableSha256Of(...parts)).toBe(sha256Of(whole))
      })
    )
  })
})
