/**
 * Random nodes with tensors for their arguments: one row per op, so that whatever must hold for every op is tested for every op.
 * The numbers come from a seed, which is quick and shrinks to small seeds; the shapes shrink as fast-check shrinks.
 */
import fc from 'fast-check'
import { add, input, mul, node, sub } from '../../src/expr/build.js'
import type { Expr, Node, None, Op, Ops, Window } from '../../src/expr/op.js'
import { windowCount } from '../../src/expr/ops/image.js'
import { scan } from '../../src/expr/scan.js'
import { sizeOf, type Dims } from '../../src/value/shape.js'
import type { DType, Tensor } from '../../src/value/tensor.js'
import { indexes, keys, shapes, sizeFor, small, tensors, typesFor, type Draw, type Range } from './tensors.js'

export { shapes, tensors, type Draw } from './tensors.js'

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
    fc.tuple(shapes(d, 1), fc.constantFrom<DType>('f32', 'f64', 'u8', 'u32')).chain(([shape, dtype]) =>
      fc.record({
        attrs: fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }),
        args: fc.constant([])
      })
    ),
  invalid: () =>
    fc.constant({
      attrs: {
        error: { _tag: 'ShapeError', code: 'shape-mismatch', path: [], expected: 'sense', got: 'none', hint: '' }
      },
      args: []
    }),

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
        attrs: fc.record({
          dtype: fc.constantFrom<DType>(
            ...(d.numbers === 'any' ? (['f32'] as const) : []),
            'f64',
            ...(t.dtype[0] === 'f' ? [] : (['u32'] as const))
          )
        }),
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
      fc
        .tuple(fc.tuple(...shape.map(n => fc.constantFrom(1, n))), typesFor(d))
        .chain(([from, dtype]) => fc.record({ attrs: fc.constant({ shape }), args: fc.tuple(tensors(dtype, from, d)) }))
    ),
  slice: d =>
    anyTensor(d).chain(t => {
      const part = (n: number): fc.Arbitrary<readonly [number, number]> =>
        fc.nat(n - 1).chain(start => fc.tuple(fc.constant(start), fc.integer({ min: 1, max: n - start })))
      return fc
        .tuple(...t.shape.map(part))
        .map(parts => ({ attrs: { start: parts.map(p => p[0]), shape: parts.map(p => p[1]) }, args: [t] }))
    }),
  concat: d =>
    fc
      .tuple(shapes(d, 1), typesFor(d), fc.array(sizeFor(d), { minLength: 1, maxLength: 4 }))
      .chain(([s, dtype, along]) =>
        fc.nat(s.length - 1).chain(axis =>
          fc
            .tuple(
              ...along.map(n =>
                tensors(
                  dtype,
                  s.map((m, i) => (i === axis ? n : m)),
                  d
                )
              )
            )
            .map(args => ({ attrs: { axis }, args }))
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
    fc
      .tuple(shapes(d, 1, 3), shapes({ ...d, numbers: 'tame' }, 0, 2), typesFor(d))
      .chain(([table, i, dtype]) => just(tensors(dtype, table, d), indexes(i, table[0] as number))),
  scatterAdd: d =>
    fc.tuple(shapes({ ...d, numbers: 'tame' }, 0, 2), shapes(d, 0, 2), sizeFor(d)).chain(([i, r, count]) =>
      fc.record({
        attrs: fc.constant({ rows: count }),
        args: fc.tuple(tensors(d.dtype, [...i, ...r], d), indexes(i, count))
      })
    ),
  oneHot: d =>
    fc
      .tuple(shapes(d, 0, 2), sizeFor(d))
      .chain(([i, depth]) =>
        fc.record({ attrs: fc.constant({ depth, dtype: d.dtype }), args: fc.tuple(indexes(i, depth + 1)) })
      ),

  windows: d =>
    fc
      .tuple(windowIn, images(d), typesFor(d))
      .chain(([{ height, width, ...w }, [n, c], dtype]) =>
        fc.record({ attrs: fc.constant(w), args: fc.tuple(tensors(dtype, [n, height, width, c], d)) })
      ),
  unwindows: d =>
    fc.tuple(windowIn, images(d)).chain(([w, [n, c]]) => {
      const [oh, ow] = ([0, 1] as const).map(i =>
        windowCount([w.height, w.width][i] as number, w.size[i], w.stride[i], w.dilation[i])
      ) as [number, number]
      return fc.record({ attrs: fc.constant(w), args: fc.tuple(tensors(d.dtype, [n, oh, ow, ...w.size, c], d)) })
    }),

  fingerprint: d => fc.tuple(shapes(d), fc.constant(d.dtype)).chain(([shape, dtype]) => just(tensors(dtype, shape, d))),

  foldIn: () => fc.record({ attrs: fc.record({ data: fc.nat(0xffffffff) }), args: fc.tuple(keys) }),
  random: d =>
    fc.record({
      attrs: fc.record({ distribution: fc.constantFrom('bits', 'uniform', 'normal'), shape: shapes(d) }),
      args: fc.tuple(keys)
    }),
  scan: d =>
    fc
      .tuple(shapes(d, 0, 2), fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.boolean(), fc.boolean())
      .chain(([s, steps, reverse, recompute, isLast]) => {
        const [a, b, c] = [s, [steps, ...s], s].map((shape, i) => input('abc'[i] as string, d.dtype, shape))
        const made = scan({
          steps,
          reverse,
          carried: [a as Expr],
          stacked: [b as Expr],
          body: ([h], [x]) => {
            const next = add(mul(h as Expr, c as Expr), x as Expr)
            return { carried: [next], stacked: [sub(next, mul(h as Expr, x as Expr))] }
          }
        })
        const { attrs } = (isLast ? made.carried[0] : made.stacked[0]) as Node<'scan'>
        return fc.record({
          attrs: fc.constant({ ...attrs, recompute }),
          args: fc.tuple(tensors(d.dtype, s, d), tensors(d.dtype, [steps, ...s], d), tensors(d.dtype, s, d))
        })
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
