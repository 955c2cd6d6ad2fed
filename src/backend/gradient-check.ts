/** Compares gradients with difference quotients in f64: the test of every rule, layer and loss. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { input } from '../expr/build.js'
import { valueAndGrad } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { program } from '../expr/program.js'
import { backendArgument, functionArgument, tensorsArgument, wrongArgument } from '../value/argument.js'
import { backendError, shapeError, type BackendError, type ShapeError } from '../value/error.js'
import { defined } from '../value/defined.js'
import type { Dims } from '../value/shape.js'
import { numbersOf, scalarOf, tensorView, type Aval, type Numbers, type Tensor } from '../value/tensor.js'
import { treeLeaves, mapTree, type Tree } from '../value/tree.js'
import type { Backend, Executable, Values } from './backend.js'
import { largest } from '../value/largest.js'

export interface Steps {
  /** the step h (default 1e-4) */
  readonly epsilon?: number
}
export interface ExtrapolatedSteps extends Steps {
  /** the largest relative error that passes (default 1e-6) */
  readonly tolerance?: number
}
const defaults = { epsilon: 1e-4, tolerance: 1e-6 } as const

const sizeFor = (...xs: readonly number[]): number => largest(xs.map(Math.abs), 1)
/** a function of many numbers, as a function of the i-th number */
const alongAxis =
  (f: (xs: Numbers) => number, at: ArrayLike<number>, i: number) =>
  (x: number): number =>
    f(Float64Array.from(at, (u, j) => (j === i ? x : u)))
/** a step that changes x, even if x is large */
const moving = (x: number, h: number): number => Math.max(h, 2 * Number.EPSILON * Math.abs(x))

/**
 * The gradient of a function of many numbers from its values alone, by the central difference quotient of textbooks,
 *
 *     (f(x + h) - f(x - h)) / (2h)        h = 1e-4 by default
 *
 * for each coordinate, whatever its size. Its error is h^2 f'''(x) / 6, plus 2^-53 |f(x)| / h from the rounding of
 * values. At a kink it is the mean of the slopes on both sides. `extrapolatedGradient` detects kinks.
 *
 * @example numericalGradient(([x = 0, y = 0]) => x * x + 3 * y, [2, 1]) // 4, 3
 */
export const numericalGradient = (
  f: (xs: Numbers) => number,
  at: ArrayLike<number>,
  { epsilon = defaults.epsilon }: Steps = {}
): Numbers =>
  Float64Array.from(at, (x, i) => {
    const g = alongAxis(f, at, i)
    const h = moving(x, epsilon)
    // divide by the real difference: x + h is rounded
    const [a, b] = [x - h, x + h]
    return (g(b) - g(a)) / (b - a)
  })

/** difference quotients of f at x for one step: from the left, from the right, from both sides */
const quotients = (f: (x: number) => number, x: number, fx: number, h: number): readonly [number, number, number] => {
  const [a, b] = [x - h, x + h]
  const [fa, fb] = [f(a), f(b)]
  return [(fx - fa) / (x - a), (fb - fx) / (b - x), (fb - fa) / (b - a)]
}

/**
 * df/dx by central differences with steps h and h/2, extrapolated to h = 0 (Richardson): the error is of order h^4. NaN
 * if the quotients disagree by more than the tolerance, or if the rounding of f hides the difference. For a smooth f
 * the gap between both sides halves with the step, and the central quotient hardly changes; a kink or jump within x ± h
 * violates one of the two. Rounding of f by half a unit in the last place, 2^-53 |f|, changes the extrapolated quotient
 * by up to 1.5 * 2^-52 |f| / h. This bound needs a test of its own, because quotients that rounding makes 0 agree.
 */
const withStep = (f: (x: number) => number, x: number, fx: number, h: number, tolerance: number): number => {
  const [left, right, wide] = quotients(f, x, fx, h)
  const [left2, right2, narrow] = quotients(f, x, fx, h / 2)
  const value = (4 * narrow - wide) / 3
  const kink = Math.max(Math.abs(2 * (right2 - left2) - (right - left)), Math.abs(narrow - wide))
  const rounding = (1.5 * Number.EPSILON * Math.abs(fx)) / h
  const doubt = Math.max(kink, rounding)
  return Number.isFinite(value) && doubt <= tolerance * sizeFor(value) ? value : NaN
}
/**
 * The derivative of the first step that gives a certain result, from the shortest step on. How fast f changes does not
 * depend on the size of x (the sine of 50), so a step in proportion to x comes last: some values differ only over a
 * long step (the square of 10^6).
 */
const derivative = (f: (x: number) => number, x: number, steps: ExtrapolatedSteps): number => {
  const { epsilon, tolerance } = { ...defaults, ...defined(steps) }
  const fx = f(x)
  const longer = sizeFor(x) > 1 ? [Math.sqrt(sizeFor(x)), sizeFor(x)] : []
  return [1, ...longer].reduce(
    (found, times) => (Number.isNaN(found) ? withStep(f, x, fx, moving(x, epsilon * times), tolerance) : found),
    NaN
  )
}

/**
 * The gradient of a function of many numbers from its values alone, by central quotients extrapolated to a step of 0. A
 * coordinate is NaN if the result is uncertain: a kink or a jump nearer than epsilon, or values so large that their
 * rounding hides the difference.
 *
 * @example extrapolatedGradient(([x = 0, y = 0]) => x * x + 3 * y, [2, 1]) // 4, 3
 */
export const extrapolatedGradient = (
  f: (xs: Numbers) => number,
  at: ArrayLike<number>,
  steps: ExtrapolatedSteps = {}
): Numbers => Float64Array.from(at, (x, i) => derivative(alongAxis(f, at, i), x, steps))

/** a tree of expressions with the structure of a tree of tensors */
export type ExprsLike<T> = T extends Aval ? Expr : { readonly [K in keyof T]: ExprsLike<T[K]> }

/** one number of a tree: its leaf, and its index there in row-major order */
export interface Coordinate {
  readonly path: string
  readonly index: number
}
export interface Compared extends Coordinate {
  readonly analytic: number
  readonly numeric: number
  /** |a - n| / max(1, |a|, |n|); infinite if the analytic one is not finite */
  readonly relativeError: number
}
export interface GradientCheck {
  /** whether every compared coordinate is within the tolerance; false if there are coordinates and none was compared */
  readonly ok: boolean
  readonly worst: Compared | undefined
  /** number of compared coordinates */
  readonly compared: number
  /** coordinates without a certain difference quotient (see extrapolatedGradient), which are not compared */
  readonly kinks: readonly Coordinate[]
}
export interface CheckOptions extends ExtrapolatedSteps {
  /** values of other inputs that the function uses */
  readonly inputs?: Values
  /** how many coordinates to compare, evenly spaced (default: all) */
  readonly most?: number
}

const relativeError = (a: number, n: number): number =>
  Number.isFinite(a) ? Math.abs(a - n) / sizeFor(a, n) : Infinity

/** compiles the program of a value, which must be f64 for differences */
const compiledValue = (backend: Backend, value: Expr): E.Either<ShapeError | BackendError, Executable> =>
  pipe(
    program({ value }),
    E.filterOrElseW(
      () => value.dtype === 'f64',
      () =>
        shapeError(
          ['gradient'],
          'a function whose value is f64',
          value.dtype,
          'differences of less exact numbers tell nothing'
        )
    ),
    E.chainW(p => backend.compile(p))
  )

/** the tensor with one number replaced */
const moved = (t: Tensor, index: number, x: number): Tensor =>
  tensorView(
    'f64',
    t.shape,
    Float64Array.from(numbersOf(t), (u, j) => (j === index ? x : u))
  )

const verdict = (judged: readonly Compared[], tolerance: number): GradientCheck => {
  const isKink = (c: Compared): boolean => Number.isNaN(c.numeric)
  const compared = judged.filter(c => !isKink(c))
  const worst = compared.reduce<Compared | undefined>(
    (w, c) => (w === undefined || c.relativeError > w.relativeError ? c : w),
    undefined
  )
  return {
    ok: worst === undefined ? judged.length === 0 : worst.relativeError <= tolerance,
    worst,
    compared: compared.length,
    kinks: judged.filter(isKink).map(({ path, index }) => ({ path, index }))
  }
}

/**
 * Compares the gradient of a function from `grad` with difference quotients of its values.
 *
 * @param f from expressions to one number of type f64
 * @example checkGradient(reference, ({ w }) => total(mul(w, w)), { w: tensorOfF64 }) // Right { ok: true, ... }
 * @returns Left if the result of the function is not one number, or the tensors don't fit it
 */
export const checkGradient = <T extends Tree<Tensor<Dims, 'f64'>>>(
  backend: Backend,
  f: (x: ExprsLike<T>) => Expr,
  at: T,
  options: CheckOptions = {}
): E.Either<ShapeError | BackendError, GradientCheck> => {
  const unfit = wrongArgument<ShapeError | BackendError>(shapeError, [
    functionArgument('f', f),
    tensorsArgument('at', at)
  ])
  const noBackend = wrongArgument(backendError, [backendArgument(backend)])
  if (unfit !== undefined || noBackend !== undefined) return E.left((noBackend ?? unfit) as ShapeError | BackendError)
  const { tolerance } = { ...defaults, ...defined(options) }
  const name = (path: string): string => `at/${path}`
  const tree = at
  const points = treeLeaves<Tensor<Dims, 'f64'>>(tree)
  const xs = mapTree<Tensor<Dims, 'f64'>, Expr>((t, path) => input(name(path), 'f64', t.shape))(tree)
  const { value, gradient } = valueAndGrad((x: Tree<Expr>) => f(x as ExprsLike<T>))(xs)

  const values: Values = { ...options.inputs, ...Object.fromEntries(points.map(([path, t]) => [name(path), t])) }
  const all = points.flatMap(([path, t]) => Array.from(numbersOf(t), (x, index) => ({ path, index, x, t })))
  // at least one coordinate, for any `most`
  const every = Math.ceil(all.length / Math.max(1, options.most ?? Infinity)) || 1
  const looked = all.filter((_, i) => i % every === 0)

  return pipe(
    E.Do,
    E.bind('gradients', () =>
      pipe(
        program(Object.fromEntries(treeLeaves<Expr>(gradient))),
        E.chainW(p => backend.compile(p)),
        E.chainW(executable => executable.run(values))
      )
    ),
    E.bindW('executable', () => compiledValue(backend, value)),
    // run once first, so that a mistake in the inputs is Left
    E.chainFirstW(({ executable }) => executable.run(values)),
    E.map(({ gradients, executable }): GradientCheck => {
      const valueAt = (at: Values): number =>
        pipe(
          executable.run(at),
          E.match(
            () => NaN,
            r => scalarOf(r['value'] as Tensor)
          )
        )
      const judged = looked.map(({ path, index, x, t }): Compared => {
        const analytic = numbersOf(gradients[path] as Tensor)[index] as number
        const numeric = derivative(u => valueAt({ ...values, [name(path)]: moved(t, index, u) }), x, options)
        return { path, index, analytic, numeric, relativeError: relativeError(analytic, numeric) }
      })
      return verdict(judged, tolerance)
    })
  )
}
