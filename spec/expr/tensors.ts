/** Random tensors: numbers of every kind, shapes with and without axes of size 1, every layout in storage. */
import fc from 'fast-check'
import { sizeOf, stridesOf, type Dims } from '../../src/value/shape.js'
import { allocate, filledTensor, tensorView, type DType, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { randomFrom } from '../support/random.js'

// ---- numbers

export interface Draw {
  readonly dtype: FloatType
  /** `any`: every kind of bits; `tame`: moderate numbers where the op is defined, and small shapes, for difference quotients */
  readonly numbers: 'any' | 'tame'
}

const specials: { readonly [D in FloatType]: readonly number[] } = {
  f32: [
    2 ** 126,
    2 ** -126,
    2 ** 127,
    2 ** -149,
    2 ** -127,
    3.4028234663852886e38,
    2 ** 24,
    2 ** 24 + 2,
    88.72283,
    103.972
  ],
  f64: [2 ** 1022, 2 ** -1022, 2 ** -1074, 2 ** -1023, Number.MAX_VALUE, 2 ** 53, 2 ** 126, 2 ** -126, 709.78, 745.13]
}
const always = [0, 0, 1, 2, 0.5, 1.5, 3, 1 / 3, Math.PI, 2.5, 255, 1e-7, Infinity, NaN]

type Style = 'ordinary' | 'special' | 'bits' | 'ties'
const word = new DataView(new ArrayBuffer(8))
const anyBits = (dtype: FloatType, next: () => number): number => {
  word.setUint32(0, next() * 2 ** 32)
  word.setUint32(4, next() * 2 ** 32)
  return dtype === 'f32' ? word.getFloat32(0) : word.getFloat64(0)
}
const sign = (next: () => number): number => (next() < 0.5 ? -1 : 1)
const pick = <A>(from: readonly A[], next: () => number): A => from[Math.floor(next() * from.length)] as A

const styles: { readonly [S in Style]: (dtype: FloatType, next: () => number) => number } = {
  ordinary: (_, next) => sign(next) * next() * 2 ** Math.floor(next() * 16 - 9),
  special: (dtype, next) =>
    next() < 0.3 ? styles.ordinary(dtype, next) : sign(next) * pick([...always, ...specials[dtype]], next),
  bits: anyBits,
  ties: (_, next) => Math.floor(next() * 5 - 2) * pick([1, 1, 0.5], next)
}

// ---- tensors

const size = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.integer({ min: 2, max: 5 }) },
  { weight: 2, arbitrary: fc.integer({ min: 6, max: 20 }) }
)
export const small = fc.oneof(
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 3 }) }
)
export const sizeFor = (d: Draw): fc.Arbitrary<number> => (d.numbers === 'tame' ? small : size)
/** an axis is cut short where the shape would hold more numbers than this */
const most = (d: Draw): number => (d.numbers === 'tame' ? 12 : 600)
const within = (limit: number, shape: Dims): Dims =>
  shape.reduce<readonly number[]>(
    (done, n) => [...done, Math.max(1, Math.min(n, Math.floor(limit / sizeOf(done))))],
    []
  )

export const shapes = (d: Draw, minLength = 0, maxLength = 4): fc.Arbitrary<Dims> =>
  fc.array(sizeFor(d), { minLength, maxLength }).map(s => within(most(d), s))

export type Range = readonly [number, number]
const numberFor = (dtype: DType, d: Draw, style: Style, range: Range, next: () => number): number => {
  if (dtype === 'bool') return next() < 0.5 ? 0 : 1
  if (dtype === 'u8') return Math.floor(next() * (style === 'ties' ? 3 : 256))
  if (dtype === 'u32')
    return style === 'ties' ? Math.floor(next() * 3) : Math.floor(next() * 2 ** (next() < 0.5 ? 32 : 4))
  if (d.numbers === 'tame') return range[0] + next() * (range[1] - range[0])
  return styles[style](dtype, next)
}

type Layout = 'rows' | 'turned' | 'inside' | 'one'
/** the same numbers may lie in storage in many ways, and every backend takes them all */
const layouts: { readonly [L in Layout]: (dtype: DType, shape: Dims, numbers: readonly number[]) => Tensor } = {
  rows: (dtype, shape, numbers) => tensorView(dtype, shape, allocate(dtype, numbers)),
  turned: (dtype, shape, numbers) => {
    // stored with the axes in the opposite order
    const stride = [...stridesOf([...shape].reverse())].reverse()
    const places = stridesOf(shape)
    const data = allocate(dtype, numbers.length)
    numbers.forEach((x, i) => {
      const at = shape.reduce(
        (sum, n, a) => sum + (Math.floor(i / (places[a] as number)) % n) * (stride[a] as number),
        0
      )
      data[at] = x
    })
    return { dtype, shape, stride, offset: 0, data }
  },
  inside: (dtype, shape, numbers) => ({
    ...tensorView(dtype, shape, allocate(dtype, [1, 1, 1, ...numbers, 1])),
    offset: 3
  }),
  one: (dtype, shape, numbers) => filledTensor(dtype, shape, numbers[0] as number)
}

export const tensors = (dtype: DType, shape: Dims, d: Draw, range: Range = [-2, 2]): fc.Arbitrary<Tensor> =>
  fc
    .record({
      seed: fc.nat(),
      style: fc.constantFrom<Style>('ordinary', 'special', 'bits', 'ties'),
      layout: fc.oneof(
        { weight: 4, arbitrary: fc.constant<Layout>('rows') },
        { weight: 3, arbitrary: fc.constantFrom<Layout>('turned', 'inside', 'one') }
      )
    })
    .map(({ seed, style, layout }) => {
      const next = randomFrom(seed)
      const numbers = Array.from({ length: sizeOf(shape) }, () => numberFor(dtype, d, style, range, next))
      return layouts[layout](dtype, shape, numbers)
    })

/** indexes, most of them below n; the others show what happens past the end */
export const indexes = (shape: Dims, n: number): fc.Arbitrary<Tensor> =>
  fc.nat().map(seed => {
    const next = randomFrom(seed)
    const one = (): number => Math.floor(next() < 0.9 ? next() * n : next() * 2 ** 32)
    return tensorView('u32', shape, allocate('u32', Array.from({ length: sizeOf(shape) }, one)))
  })
export const keys: fc.Arbitrary<Tensor> = fc
  .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
  .map(words => tensorView('u32', [2], Uint32Array.from(words)))

const allTypes: readonly DType[] = ['f32', 'f64', 'u8', 'u32', 'bool']
/** the element type asked for, and now and then another, for ops that take any */
export const typesFor = (d: Draw): fc.Arbitrary<DType> =>
  d.numbers === 'tame'
    ? fc.constant(d.dtype)
    : fc.oneof(
        { weight: 3, arbitrary: fc.constant<DType>(d.dtype) },
        { weight: 1, arbitrary: fc.constantFrom(...allTypes) }
      )
