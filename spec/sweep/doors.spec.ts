/** Damaged inputs at every decoder; 50,000 of them by `npm run sweep:doors`. */
import { expect, test } from 'vitest'
import { doors, sweep } from './damaged.js'

const times = Number(process.env['RUNS'] ?? 1100)

test('every sound input is read', () => {
  for (const { name, sound, decode } of doors) expect([name, decode(sound)._tag]).toEqual([name, 'Right'])
})

test(`${times} damaged inputs: none throws, none takes long`, { timeout: 3_600_000 }, () => {
  expect(sweep(times)).toEqual([])
})
