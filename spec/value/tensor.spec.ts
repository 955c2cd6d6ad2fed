/** `tensor` holds the numbers it was given, or refuses them. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numbersOf, permutedView, repeatedView, tensor, type DType } from '../../src/value/tensor.js'
import { showError } from '../../src/value/error.js'
import { left, right } from '../support/either.js'

it('refuses numbers that the element type cannot hold, naming the first', () => {
  const bad: readonly (readonly [DType, unknown])[] = [
    ...[300, -1, 1.5, NaN, Infinity].map(x => ['u8', x] as const),
    ...[-1, 2 ** 32, 1.5, NaN].map(x => ['u32', x] as const),
    ...[2, -1, 0.5, NaN, true].map(x => ['bool', x] as const),
    ...[1e39, -1e300, '1', null, 1n].map(x => ['f32', x] as const),
    ...['1', undefined, {}, 1n].map(x => ['f64', x] as const)
  ]
  for (const [dtype, x] of bad)
    expect(left(tensor(dtype, [2], [1, x as number]))).toContain('tensor/element 1: expected')
  expect(left(tensor('u8', [1], [300]))).toBe(
    'tensor/element 0: expected whole numbers from 0 to 255 for u8, got 300; use another element type, or scale'
  )
})

it('gives whole numbers back as they are, and floats as f32 rounds them', () => {
  const max: Readonly<Record<string, number>> = { u8: 255, u32: 0xffffffff, bool: 1 }
  fc.assert(
    fc.property(fc.constantFrom('u8', 'u32', 'bool'), fc.double({ noNaN: true }), (dtype, x) => {
      const held = Number.isInteger(x) && x >= 0 && x <= (max[dtype] as number)
      const t = tensor(dtype, [1], [x])
      expect(t._tag).toBe(held ? 'Right' : 'Left')
    })
  )
  for (const x of [NaN, Infinity, -Infinity, 0.1, -0, 3.4e38])
    expect(numbersOf(right(tensor('f32', [1], [x])))[0]).toBe(Math.fround(x))
})

it('refuses what is no tensor in untyped code, in short messages', () => {
  const values: readonly unknown[] = [
    undefined,
    null,
    7,
    '',
    'f16',
    [],
    {},
    () => 1,
    Symbol('s'),
    1n,
    'x'.repeat(100_000)
  ]
  for (const u of values)
    for (const at of Array.isArray(u) ? [0, 2] : [0, 1, 2]) {
      const args = ['f32', [1], [1]].map((a, i) => (i === at ? u : a)) as unknown as Parameters<typeof tensor>
      const r = tensor(...args)
      expect(r._tag).toBe('Left')
      if (r._tag === 'Left') expect(showError(r.left).length).toBeLessThan(2000)
    }
})

it('is seen with its axes in another order, or repeated, and its numbers are not copied', () => {
  const t = right(tensor('f32', [2, 3], [1, 2, 3, 4, 5, 6]))
  const turned = permutedView(t, [1, 0])
  expect([turned.shape, [...numbersOf(turned)], turned.data === t.data]).toEqual([[3, 2], [1, 4, 2, 5, 3, 6], true])
  const column = right(tensor('f32', [2, 1], [7, 8]))
  const repeated = repeatedView(column, [2, 3])
  expect([[...numbersOf(repeated)], repeated.data === column.data]).toEqual([[7, 7, 7, 8, 8, 8], true])
})
