/**
 * Random nodes with tensors for their arguments: one row per op, so that whatever must hold for every op is tested for every op.
 * The numbers come from a seed, which is quick and shrinks to small seeds; the shapes shrink as fast-check shrinks.
 */
import fc from 'fast-check'
import { input, node } from '../../src/expr/build.js'
import type { Expr, None, Op, Ops, Window } from '../../src/expr/op.js'
import { windowCount } from '../../src/expr/rules/shape.js'
import { sizeOf, stridesOf, type Dims } from '../../src/value/shape.js'
import { allocate, full, view, type DType, type FloatType, type Tensor } from '../../src/value/tensor.js'

// ---- numbers

export interface Draw {
  readonly dtype: FloatType
  /** `any`: every kind of bits; `tame`: moderate numbers where the op is defined, and small shapes, for difference quotients */
  readonly numbers: 'any' | 'tame'
}

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

const specials: { readonly [D in FloatType]: readonly number[] } = {
  f32: [2 ** 126, 2 ** -126, 2 ** 127, 2 ** -149, 2 ** -127, 3.4028234663852886e38, 2 ** 24, 2 ** 24 + 2, 88.72283, 103.972],
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
const small = fc.oneof({ weight: 1, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 2, max: 3 }) })
const sizeFor = (d: Draw): fc.Arbitrary<number> => (d.numbers === 'tame' ? small : size)
/** an axis is cut short where the shape would hold more numbers than this */
const most = (d: Draw): number => (d.numbers === 'tame' ? 12 : 600)
const within = (limit: number, shape: Dims): Dims =>
  shape.reduce<readonly number[]>((done, n) => [...done, Math.max(1, Math.min(n, Math.floor(limit / sizeOf(done))))], [])

export const shapes = (d: Draw, minLength = 0, maxLength = 4): fc.Arbitrary<Dims> =>
  fc.array(sizeFor(d), { minLength, maxLength }).map(s => within(most(d), s))

type Range = readonly [number, number]
const numberFor = (dtype: DType, d: Draw, style: Style, range: Range, next: () => number): number => {
  if (dtype === 'bool') return next() < 0.5 ? 0 : 1
  if (dtype === 'u8') return Math.floor(next() * (style === 'ties' ? 3 : 256))
  if (dtype === 'u32') return style === 'ties' ? Math.floor(next() * 3) : Math.floor(next() * 2 ** (next() < 0.5 ? 32 : 4))
  if (d.numbers === 'tame') return range[0] + next() * (range[1] - range[0])
  return styles[style](dtype, next)
}

type Layout = 'rows' | 'turned' | 'inside' | 'one'
/** the same numbers may lie in storage in many ways, and every backend takes them all */
const layouts: { readonly [L in Layout]: (dtype: DType, shape: Dims, numbers: readonly number[]) => Tensor } = {
  rows: (dtype, shape, numbers) => view(dtype, shape, allocate(dtype, numbers)),
  turned: (dtype, shape, numbers) => {
    // stored with the axes in the opposite order
    const stride = [...stridesOf([...shape].reverse())].reverse()
    const places = stridesOf(shape)
    const data = allocate(dtype, numbers.length)
    numbers.forEach((x, i) => {
      const at = shape.reduce((sum, n, a) => sum + (Math.floor(i / (places[a] as number)) % n) * (stride[a] as number), 0)
      data[at] = x
    })
    return { dtype, shape, stride, offset: 0, data }
  },
  inside: (dtype, shape, numbers) => ({
    ...view(dtype, shape, allocate(dtype, [1, 1, 1, ...numbers, 1])),
    offset: 3
  }),
  one: (dtype, shape, numbers) => full(dtype, shape, numbers[0] as number)
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
const indexes = (shape: Dims, n: number): fc.Arbitrary<Tensor> =>
  fc.nat().map(seed => {
    const next = randomFrom(seed)
    const one = (): number => Math.floor(next() < 0.9 ? next() * n : next() * 2 ** 32)
    return view('u32', shape, allocate('u32', Array.from({ length: sizeOf(shape) }, one)))
  })
const keys: fc.Arbitrary<Tensor> = fc
  .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
  .map(words => view('u32', [2], Uint32Array.from(words)))

const allTypes: readonly DType[] = ['f32', 'f64', 'u8', 'u32', 'bool']
/** the element type asked for, and now and then another, for ops that take any */
const typesFor = (d: Draw): fc.Arbitrary<DType> =>
  d.numbers === 'tame'
    ? fc.constant(d.dtype)
    : fc.oneof({ weight: 3, arbitrary: fc.constant<DType>(d.dtype) }, { weight: 1, arbitrary: fc.constantFrom(...allTypes) })

// ---- one row per op

export interface Given<Attrs> {
  readonly attrs: Attrs
  /** an input's own value, or the values of the arguments */
  readonly args: readonly Tensor[]
}
type Row<Attrs> = (d: Draw) => fc.Arbitrary<Given<Attrs>>

const just = (...args: readonly fc.Arbitrary<Tensor>[]): fc.Arbitrary<Given<None>> =>
  fc.tuple(...args).map(as => ({ attrs: {}, args: as }))
const float1 =
  (range?: Range): Row<None> =>
  d =>
    shapes(d).chain(s => just(tensors(d.dtype, s, d, range)))
const float2 =
  (first?: Range, second?: Range): Row<None> =>
  d =>
    shapes(d).chain(s => just(tensors(d.dtype, s, d, first), tensors(d.dtype, s, d, second)))
const compare: Row<None> = d =>
  fc.tuple(shapes(d), typesFor(d)).chain(([s, dtype]) => just(tensors(dtype, s, d), tensors(dtype, s, d)))
const anyTensor = (d: Draw, minRank = 0, maxRank = 4): fc.Arbitrary<Tensor> =>
  fc.tuple(shapes(d, minRank, maxRank), typesFor(d)).chain(([s, dtype]) => tensors(dtype, s, d))
const reduce: Row<Ops['sum']> = d =>
  shapes(d).chain(s =>
    fc.record({ attrs: fc.record({ axes: fc.subarray([...s.keys()]) }), args: fc.tuple(tensors(d.dtype, s, d)) })
  )
const pair = (min: number, max: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
/** a window, and the sizes of an image that it fits into */
const windowIn: fc.Arbitrary<Window & { readonly height: number; readonly width: number }> = fc
  .record({ size: pair(1, 3), stride: pair(1, 3), dilation: pair(1, 2), spare: pair(0, 3) })
  .map(({ size, stride, dilation, spare }) => {
    const [height, width] = ([0, 1] as const).map(i => (size[i] - 1) * dilation[i] + 1 + spare[i]) as [number, number]
    return { size, stride, dilation, height, width }
  })
/** how many images, how many channels */
const images = (d: Draw): fc.Arbitrary<readonly [number, number]> => (d.numbers === 'tame' ? pair(1, 1) : pair(1, 4))

export const rows: { readonly [K in Op]: Row<Ops[K]> } = {
  input: d => anyTensor(d).map(t => ({ attrs: { name: 'a', dtype: t.dtype, shape: t.shape }, args: [t] })),
  constant: d => anyTensor(d).map(value => ({ attrs: { value }, args: [] })),
  iota: d =>
    fc
      .tuple(shapes(d, 1), fc.constantFrom<DType>('f32', 'f64', 'u8', 'u32'))
      .chain(([shape, dtype]) =>
        fc.record({ attrs: fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }), args: fc.constant([]) })
      ),
  invalid: () =>
    fc.constant({ attrs: { error: { _tag: 'ShapeError', path: [], expected: 'sense', got: 'none', hint: '' } }, args: [] }),

  neg: float1(),
  abs: float1(),
  sign: float1(),
  floor: float1(),
  sqrt: float1([0.3, 3]),
  exp: float1(),
  log: float1([0.3, 3]),
  log1p: float1([-0.6, 2]),
  expm1: float1(),
  tanh: float1(),
  erf: float1(),
  sin: float1(),
  cos: float1(),
  cast: d =>
    anyTensor(d).chain(t =>
      fc.record({
        attrs: fc.record({ dtype: fc.constantFrom<DType>(...(d.numbers === 'any' ? (['f32'] as const) : []), 'f64', ...(t.dtype[0] === 'f' ? [] : (['u32'] as const))) }),
        args: fc.constant([t])
      })
    ),
  stopGradient: d => just(anyTensor(d)),

  add: float2(),
  sub: float2(),
  mul: float2(),
  div: float2([-2, 2], [0.5, 2]),
  max: float2(),
  min: float2(),
  pow: float2([0.5, 2], [-2, 2]),
  equal: compare,
  less: compare,
  lessEqual: compare,
  select: d =>
    fc
      .tuple(shapes(d), typesFor(d))
      .chain(([s, dtype]) => just(tensors('bool', s, d), tensors(dtype, s, d), tensors(dtype, s, d))),

  sum: reduce,
  reduceMax: reduce,
  matmul: d =>
    fc
      .tuple(fc.array(small, { maxLength: 2 }), sizeFor(d), sizeFor(d), sizeFor(d))
      .chain(([batch, m, k, n]) => just(tensors(d.dtype, [...batch, m, k], d), tensors(d.dtype, [...batch, k, n], d))),

  reshape: d =>
    anyTensor(d).chain(t => {
      const { shape } = t
      const merged = shape.length < 2 ? [1, ...shape] : [(shape[0] as number) * (shape[1] as number), ...shape.slice(2)]
      const others: readonly Dims[] = [[sizeOf(shape)], [...shape].reverse(), [1, ...shape, 1], merged, shape]
      return fc.record({ attrs: fc.record({ shape: fc.constantFrom(...others) }), args: fc.constant([t]) })
    }),
  transpose: d =>
    anyTensor(d).chain(t => {
      const axes = [...t.shape.keys()]
      const permutation = fc.shuffledSubarray(axes, { minLength: axes.length })
      return fc.record({ attrs: fc.record({ permutation }), args: fc.constant([t]) })
    }),
  broadcast: d =>
    shapes(d).chain(shape =>
      fc.tuple(fc.tuple(...shape.map(n => fc.constantFrom(1, n))), typesFor(d)).chain(([from, dtype]) =>
        fc.record({ attrs: fc.constant({ shape }), args: fc.tuple(tensors(dtype, from, d)) })
      )
    ),
  slice: d =>
    anyTensor(d).chain(t => {
      const part = (n: number): fc.Arbitrary<readonly [number, number]> =>
        fc.nat(n - 1).chain(start => fc.tuple(fc.constant(start), fc.integer({ min: 1, max: n - start })))
      return fc.tuple(...t.shape.map(part)).map(parts => ({ attrs: { start: parts.map(p => p[0]), shape: parts.map(p => p[1]) }, args: [t] }))
    }),
  concat: d =>
    fc.tuple(shapes(d, 1), typesFor(d), fc.array(sizeFor(d), { minLength: 1, maxLength: 4 })).chain(([s, dtype, along]) =>
      fc.nat(s.length - 1).chain(axis =>
        fc.tuple(...along.map(n => tensors(dtype, s.map((m, i) => (i === axis ? n : m)), d))).map(args => ({ attrs: { axis }, args }))
      )
    ),
  pad: d =>
    anyTensor(d).chain(t => {
      const widths = fc.tuple(...t.shape.map(() => fc.nat(2)))
      const values = t.dtype[0] === 'f' ? [0, 0, -0, 1.1, -Infinity, NaN] : [0, 1]
      return fc.record({
        attrs: fc.record({ low: widths, high: widths, value: fc.constantFrom(...values) }),
        args: fc.constant([t])
      })
    }),

  gather: d =>
    fc.tuple(shapes(d, 1, 3), shapes({ ...d, numbers: 'tame' }, 0, 2), typesFor(d)).chain(([table, i, dtype]) =>
      just(tensors(dtype, table, d), indexes(i, table[0] as number))
    ),
  scatterAdd: d =>
    fc.tuple(shapes({ ...d, numbers: 'tame' }, 0, 2), shapes(d, 0, 2), sizeFor(d)).chain(([i, r, count]) =>
      fc.record({ attrs: fc.constant({ rows: count }), args: fc.tuple(tensors(d.dtype, [...i, ...r], d), indexes(i, count)) })
    ),
  oneHot: d =>
    fc.tuple(shapes(d, 0, 2), sizeFor(d)).chain(([i, depth]) =>
      fc.record({ attrs: fc.constant({ depth, dtype: d.dtype }), args: fc.tuple(indexes(i, depth + 1)) })
    ),

  windows: d =>
    fc.tuple(windowIn, images(d), typesFor(d)).chain(([{ height, width, ...w }, [n, c], dtype]) =>
      fc.record({ attrs: fc.constant(w), args: fc.tuple(tensors(dtype, [n, height, width, c], d)) })
    ),
  unwindows: d =>
    fc.tuple(windowIn, images(d)).chain(([w, [n, c]]) => {
      const [oh, ow] = ([0, 1] as const).map(i => windowCount([w.height, w.width][i] as number, w.size[i], w.stride[i], w.dilation[i])) as [number, number]
      return fc.record({ attrs: fc.constant(w), args: fc.tuple(tensors(d.dtype, [n, oh, ow, ...w.size, c], d)) })
    }),

  foldIn: () => fc.record({ attrs: fc.record({ data: fc.nat(0xffffffff) }), args: fc.tuple(keys) }),
  random: d =>
    fc.record({
      attrs: fc.record({ distribution: fc.constantFrom('bits', 'uniform', 'normal'), shape: shapes(d) }),
      args: fc.tuple(keys)
    })
}

// ---- samples

export interface Sample<K extends Op = Op> extends Given<Ops[K]> {
  readonly op: K
  /** the arguments are inputs called a, b, c, ... */
  readonly node: Expr
  readonly inputs: Readonly<Record<string, Tensor>>
}

export const ops = Object.keys(rows) as readonly Op[]
/** those that can run */
export const runnable = ops.filter(op => op !== 'invalid')

export const argName = (i: number): string => 'abcdefgh'[i] as string

export const samplesOf = <K extends Op>(op: K, d: Draw): fc.Arbitrary<Sample<K>> =>
  (rows[op] as Row<Ops[K]>)(d).map(({ attrs, args }) => {
    const given = op === 'input' ? [] : args.map((t, i) => input(argName(i), t.dtype, t.shape))
    return {
      op,
      attrs,
      args,
      node: node(op, given, attrs),
      inputs: Object.fromEntries(args.map((t, i) => [argName(i), t]))
    }
  })
