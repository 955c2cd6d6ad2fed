/** L-BFGS: minimising a smooth function of parameter trees with curvature from the last gradients (Liu and Nocedal 1989). */
import * as E from 'fp-ts/lib/Either.js'
import { largest } from '../value/largest.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { rebuild, treeLeaves, type Branch } from '../value/tree.js'

/** a function and its gradients at some parameters; `at` of an objective is one */
export type ValueAndGradients<Err, P> = (params: P) => E.Either<Err, { readonly loss: number; readonly gradients: P }>

export interface LbfgsOptions {
  /** pairs of steps and changes of the gradient that are kept; default 10 */
  readonly memory?: number
  /** at most this many iterations; default 100 */
  readonly iterations?: number
  /** it ends where no number of the gradient is larger; default 1e-8 in f64, 1e-5 in f32 */
  readonly tolerance?: number
}
export interface Minimum<P> {
  readonly params: P
  readonly loss: number
  readonly iterations: number
  /** the loss before the first and after each iteration */
  readonly losses: readonly number[]
  /** the gradient is small enough; the limit of iterations; or no lower value was found along the direction, to the precision at hand */
  readonly reason: 'gradient' | 'iterations' | 'line search'
}

type Vector = Float64Array<ArrayBuffer>
const dot = (a: Vector, b: Vector): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
/** a + t b */
const along = (a: Vector, t: number, b: Vector): Vector => Float64Array.from(a, (x, i) => x + t * (b[i] as number))

/** the numbers of a tree one after the other, and back */
const flat = (tree: Branch<Tensor>): Vector =>
  Float64Array.from(treeLeaves<Tensor>(tree).flatMap(([, t]) => Array.from(numbersOf(t))))
const unflat = (like: Branch<Tensor>, x: Vector): Branch<Tensor> => {
  let at = 0
  const parts = new Map<string, Tensor>()
  for (const [path, t] of treeLeaves<Tensor>(like)) {
    const dtype = t.dtype as FloatType
    const size = numbersOf(t).length
    parts.set(path, tensorView(dtype, t.shape, allocate(dtype, x.subarray(at, at + size))))
    at += size
  }
  return rebuild<Tensor, Tensor>(like, path => parts.get(path) as Tensor) as Branch<Tensor>
}

interface Point {
  readonly x: Vector
  readonly loss: number
  readonly gradient: Vector
}
interface Pair {
  readonly step: Vector
  readonly change: Vector
}
/** -H g with the inverse Hessian that the pairs say: the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) */
const direction = (gradient: Vector, pairs: readonly Pair[]): Vector => {
  let q = gradient
  const shares: number[] = []
  for (const { step, change } of [...pairs].reverse()) {
    const share = dot(step, q) / dot(change, step)
    shares.push(share)
    q = along(q, -share, change)
  }
  const last = pairs.at(-1)
  const scale =
    last === undefined
      ? 1 / Math.max(1, Math.sqrt(dot(q, q)))
      : dot(last.step, last.change) / dot(last.change, last.change)
  let r = q.map(x => x * scale)
  for (const { step, change } of pairs) {
    const share = shares.pop() as number
    r = along(r, share - dot(change, r) / dot(change, step), step)
  }
  return r.map(x => -x)
}

/** Wolfe's conditions: enough decrease, and a slope that is less steep */
const [decrease, lessSteep] = [1e-4, 0.9]
/**
 * A step along a direction with both of Wolfe's conditions: widened while the slope is steep, halved between bounds where the value is
 * too high. Undefined where none is found.
 */
const lineSearch = <Err>(
  f: (x: Vector) => E.Either<Err, Point>,
  from: Point,
  d: Vector
): E.Either<Err, Point | undefined> => {
  const slope = dot(from.gradient, d)
  let [low, high, t] = [0, Infinity, 1]
  let found: Point | undefined
  for (let tries = 0; tries < 40; tries++) {
    const tried = f(along(from.x, t, d))
    if (E.isLeft(tried)) return tried
    const { loss, gradient } = tried.right
    if (loss <= from.loss + decrease * t * slope) {
      found = tried.right
      if (dot(gradient, d) >= lessSteep * slope) return tried
      low = t
    } else high = t
    t = high === Infinity ? 2 * low : (low + high) / 2
  }
  // lower, though not yet level: better than none
  return E.right(found !== undefined && found.loss < from.loss ? found : undefined)
}

/** from a point with its gradient to where it ends */
const descend = <Err>(
  at: (x: Vector) => E.Either<Err, Point>,
  first: Point,
  { memory, iterations, tolerance }: Required<LbfgsOptions>
): E.Either<Err, { readonly point: Point } & Pick<Minimum<unknown>, 'losses' | 'reason'>> => {
  let point = first
  let pairs: readonly Pair[] = []
  const losses = [point.loss]
  for (;;) {
    if (largest(Array.from(point.gradient, Math.abs), 0) <= tolerance)
      return E.right({ point, losses, reason: 'gradient' })
    if (losses.length > iterations) return E.right({ point, losses, reason: 'iterations' })
    const next = lineSearch(at, point, direction(point.gradient, pairs))
    if (E.isLeft(next)) return next
    if (next.right === undefined) {
      if (pairs.length === 0) return E.right({ point, losses, reason: 'line search' })
      // curvature that misleads is forgotten
      pairs = []
      continue
    }
    const step = along(next.right.x, -1, point.x)
    const change = along(next.right.gradient, -1, point.gradient)
    if (dot(step, change) > 1e-12 * dot(change, change)) pairs = [...pairs, { step, change }].slice(-memory)
    point = next.right
    losses.push(point.loss)
  }
}

/**
 * Parameters near the start where a function is smallest, by L-BFGS with a line search of Wolfe's conditions. For full batches without
 * random layers: `objectiveOf(settings, state, batch, { backend, training: false })` makes such a function. The same bits on every
 * engine.
 *
 * @example pipe(objectiveOf(t, s, batch, { backend, training: false }), E.chain(f => minimise(f.at, s.params)))
 * @returns Left for what the function says is wrong
 */
export const minimise = <Err, P>(
  f: ValueAndGradients<Err, P>,
  start: P,
  { memory = 10, iterations = 100, tolerance }: LbfgsOptions = {}
): E.Either<Err, Minimum<P>> => {
  const like = start as unknown as Branch<Tensor>
  const wide = treeLeaves<Tensor>(like).every(([, t]) => t.dtype === 'f64')
  const treeOf = (x: Vector): P => unflat(like, x) as unknown as P
  const at = (x: Vector): E.Either<Err, Point> => {
    const found = f(treeOf(x))
    if (E.isLeft(found)) return found
    const { loss, gradients } = found.right
    return E.right({ x, loss, gradient: flat(gradients as unknown as Branch<Tensor>) })
  }
  const first = at(flat(like))
  if (E.isLeft(first)) return first
  const ended = descend(at, first.right, { memory, iterations, tolerance: tolerance ?? (wide ? 1e-8 : 1e-5) })
  if (E.isLeft(ended)) return ended
  const { point, losses, reason } = ended.right
  return E.right({ params: treeOf(point.x), loss: point.loss, iterations: losses.length - 1, losses, reason })
}
