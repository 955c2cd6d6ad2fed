/** Numbers for laws, and what expressions make of them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { evaluate, type Backend, type Values } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'
import { wasm } from '../backend/wasm/wasm.js'
import { add, cast, constant, mul, total } from '../expr/build.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { drawKey, fnv1a32, foldIn, rootKey, uniform } from '../random/index.js'
import { sizeOf, type Dims } from '../value/shape.js'
import {
  allocate,
  isFloat,
  numbersOf,
  toTypedArray,
  tensorView,
  type DType,
  type FloatType,
  type Tensor
} from '../value/tensor.js'
import { every, holds, law, seed, worded, everySample, type Law, type Verdict } from './law.js'

// ---- numbers

/** uniform from low to high; whole numbers where the type has no others. The same for the same seed. */
export const numbers = <D extends DType>(
  dtype: D,
  shape: Dims,
  from: number,
  [low, high]: readonly [number, number] = [-2, 2]
): Tensor<Dims, D> => {
  const draws = uniform(drawKey(rootKey(from)), sizeOf(shape))
  const all = Array.from(draws, u => low + u * (high - low))
  return tensorView(dtype, shape, allocate(dtype, isFloat(dtype) ? all : all.map(Math.floor)))
}

/** the seed of the numbers at a path */
export const streamOf = (seed: number, path: string): number => (seed + fnv1a32(path)) >>> 0

/** now and then one of the given numbers, with either sign; else uniform from -2 to 2 */
export const extremes = (dtype: FloatType, shape: Dims, from: number, of: readonly number[]): Tensor => {
  const [which, sign, other] = [0, 1, 2].map(i => uniform(drawKey(foldIn(rootKey(from), i)), sizeOf(shape)))
  const all = Array.from(
    { length: sizeOf(shape) },
    (_, i) =>
      (of[Math.floor((which?.[i] ?? 0) * 2 * of.length)] ?? 2 * (other?.[i] ?? 0)) * ((sign?.[i] ?? 0) < 0.5 ? -1 : 1)
  )
  return tensorView(dtype, shape, allocate(dtype, all))
}

export const keyTensor = (from: number): Tensor =>
  tensorView('u32', [2], Uint32Array.from(foldIn(rootKey(from), 0).words))

export const floatType = fc.constantFrom<FloatType>('f32', 'f64')

/** one example of a batch, as a batch */
export const exampleOf = (t: Tensor, i: number): Tensor => {
  const shape = t.shape.slice(1)
  const n = sizeOf(shape)
  return tensorView(t.dtype, [1, ...shape], toTypedArray(t).slice(i * n, (i + 1) * n))
}

// ---- computing

export const compute =
  (backend: Backend) =>
  (outputs: Readonly<Record<string, Expr>>, inputs: Values): Verdict<Values> =>
    worded(evaluate(backend)(outputs, inputs))

/** any number of them will do as a loss; this one weighs every number of each differently */
export const weighted = (values: readonly Expr[], from = 1): Expr =>
  values
    .filter(v => isFloat(v.dtype))
    .map((v, i): Expr => total(mul(v, constant(numbers(v.dtype, v.shape, from + i)))))
    .reduce((a, b) => add(a, cast(b, a.dtype)), constant(0, { dtype: values[0]?.dtype ?? 'f32' }))

/** derivatives of such a loss, named like the inputs */
export const slopes = (values: readonly Expr[], by: Readonly<Record<string, Expr>>): Readonly<Record<string, Expr>> => {
  const all = gradients(weighted(values), Object.values(by))
  return Object.fromEntries(Object.keys(by).map((name, i) => [`slope of ${name}`, all[i] as Expr]))
}

// ---- comparing

/** equal names, shapes, element types and bits */
export const sameValues = (a: Values, b: Values): Verdict =>
  every([...new Set([...Object.keys(a), ...Object.keys(b)])], name => {
    const [x, y] = [a[name], b[name]]
    if (x === undefined || y === undefined) return E.left(`${name} is missing on one side`)
    const [xs, ys] = [numbersOf(x), numbersOf(y)]
    const i = xs.findIndex((n, k) => !Object.is(n, ys[k]))
    return holds(x.dtype === y.dtype && xs.length === ys.length && i < 0, () => `${name}[${i}] is ${xs[i]} or ${ys[i]}`)
  })

export const allFinite = (values: Values): Verdict =>
  every(Object.entries(values), ([name, t]) => {
    const xs = numbersOf(t)
    const i = xs.findIndex(x => !Number.isFinite(x))
    return holds(i < 0, () => `${name}[${i}] is ${xs[i]}`)
  })

const copies = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, t]) => [name, tensorView(t.dtype, t.shape, toTypedArray(t))]))

// ---- laws of whatever is written as expressions

/** expressions that a record makes, and numbers to put in */
export interface Computation {
  readonly outputs: Readonly<Record<string, Expr>>
  readonly inputs: Values
}

/**
 * - purity: made and computed twice, the same bits; inputs stay as they were
 * - backends: the same bits on the reference and compiled
 *
 * @param make what a record says for one of its samples; called again every time
 */
export const computationLaws = <S, A extends object>(
  samples: readonly S[],
  drawn: fc.Arbitrary<A>,
  make: (sample: S, a: A & { readonly dtype: FloatType; readonly seed: number }) => Verdict<Computation>
): readonly Law[] => {
  const given = fc.tuple(drawn, fc.record({ dtype: floatType, seed })).map(([a, b]) => ({ ...a, ...b }))
  const run = (backend: Backend, { outputs, inputs }: Computation): Verdict<Values> => compute(backend)(outputs, inputs)
  return [
    law('purity', given, a =>
      everySample(samples, sample =>
        pipe(
          E.Do,
          E.bind('first', () => make(sample, a)),
          E.let('before', ({ first }) => copies(first.inputs)),
          E.bind('once', ({ first }) => run(reference, first)),
          E.bind('second', () => make(sample, a)),
          E.bind('twice', ({ second }) => run(reference, second)),
          E.chainFirst(({ once, twice }) => sameValues(once, twice)),
          E.chain(({ first, before }) => sameValues(first.inputs, before))
        )
      )
    ),
    law('backends', given, a =>
      everySample(samples, sample =>
        pipe(
          make(sample, a),
          E.chain(c =>
            pipe(
              E.Do,
              E.bind('defined', () => run(reference, c)),
              E.bind('compiled', () => run(wasm, c)),
              E.chain(({ defined, compiled }) => sameValues(defined, compiled))
            )
          )
        )
      )
    )
  ]
}
