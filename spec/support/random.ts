/** Numbers for tests: a small generator, and ranges that property tests really cover. */
import fc from 'fast-check'

/** uniform in [0, 1), the same for the same seed (mulberry32) */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const steps = 2 ** 52
/**
 * Numbers from `min` to `max`, by size: nine of ten are uniform, so that every part of the range is met. `fc.double` draws representable
 * numbers, of which most are near 0 (93 % of those in ±100 are inside ±1); one of ten is drawn so, for tiny numbers and the ends.
 */
export const uniform = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(
    {
      weight: 9,
      // scaled before they are added: the whole width of ±1.7e308 has no number
      arbitrary: fc
        .noBias(fc.integer({ min: 0, max: steps }))
        .map(k => Math.min(max, Math.max(min, min * (1 - k / steps) + max * (k / steps))))
    },
    { weight: 1, arbitrary: fc.double({ min, max, noNaN: true }) }
  )
