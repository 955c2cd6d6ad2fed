/** What the sweeps over other programs have in common: how far numbers differ, and the table of what was measured. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/** the largest difference, relative above 1; equal bits are none */
export const worstOf = (wanted: ArrayLike<number>, got: ArrayLike<number>): number => {
  let worst = 0
  for (let i = 0; i < wanted.length; i++) {
    const [p, q] = [wanted[i] as number, got[i] as number]
    worst = Math.max(worst, Object.is(p, q) ? 0 : Math.abs(p - q) / Math.max(1, Math.abs(p)))
  }
  return worst
}

/** the table and its page are those that were measured last; WRITE=1 writes them */
export const expectMeasured = (measured: object, file: URL, page: URL, referenceText: () => string): void => {
  const text = `${JSON.stringify(measured, null, 2)}\n`
  if (process.env['WRITE'] === '1') {
    writeFileSync(file, text)
    writeFileSync(page, referenceText())
  }
  expect(readFileSync(file, 'utf8')).toBe(text)
}
