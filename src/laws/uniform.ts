/** Ranges that a law really covers. */
import fc from 'fast-check'

const steps = 0x10_0000_0000_0000 // 2^52
/**
 * Numbers from `min` to `max`, by size: nine of ten are uniform, so every part of the range is met. `fc.double` draws representable
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
