/**
 * Small windows, of pooling for example, place by place. A sum or maximum over the places of each window, and an `unwindows` whose windows do
 * not overlap, are rewritten so that each place of a window is an expression of its own: the same place of every window is a view of the
 * image. What was a chain of passes over stored windows becomes one elementwise kernel along the channels. Every number is computed from the
 * same numbers in the same order.
 */
import * as b from '../../expr/build.js'
import type { Expr, Node } from '../../expr/op.js'
import { hasRole, readsKey } from '../../expr/ops/table.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { uniformValue } from './simplify.js'

/** windows of more places stay whole: each place is code of its own */
const maxPlaces = 16

type Windows = Node<'windows'>
type Unwindows = Node<'unwindows'>

const at = (d: Dims, i: number): number => d[i] as number
const product = (...sizes: readonly (number | undefined)[]): number => sizes.reduce<number>((x, y) => x * (y ?? 1), 1)
/** the shape with another size along an axis */
const resized = (shape: Dims, axis: number, size: number): Dims => shape.map((n, a) => (a === axis ? size : n))
export const belowReshapes = (e: Expr): Expr => {
  let x = e
  while (x.op === 'reshape') x = x.args[0] as Expr
  return x
}

/** the axis of a reshaped [n, oh, ow, kh, kw, c] along which the places of a window lie, side by side */
const axisOfPlaces = (shape: Dims, [n, oh, ow, kh, kw]: Dims): number => {
  const before = product(n, oh, ow)
  const places = product(kh, kw)
  return shape.findIndex((size, a) => size === places && sizeOf(shape.slice(0, a)) === before)
}

/** one place of each window, of the shape given: a view of the image */
export const placeOf = (w: Windows, place: number, shape: Dims): Expr => {
  const { size, stride, dilation } = w.attrs
  const [n, oh, ow, , , c] = w.shape as readonly [number, number, number, number, number, number]
  const [ky, kx] = [Math.floor(place / size[1]), place % size[1]]
  const first = b.slice(
    w.args[0] as Expr,
    [0, ky * dilation[0], kx * dilation[1], 0],
    [n, (oh - 1) * stride[0] + 1, (ow - 1) * stride[1] + 1, c]
  )
  return b.reshape(b.windows(first, [1, 1], stride), shape)
}

/** numerics contract, section 1: four f64 sums, the i-th number in sum i mod 4 */
const sumOf = (xs: readonly Expr[]): Expr => {
  const [x] = xs as readonly [Expr, ...Expr[]]
  const zero = b.constant(0, { dtype: 'f64', shape: x.shape })
  const part = (which: number): Expr =>
    xs.reduce((sum, y, i) => (i % 4 === which ? b.add(sum, b.cast(y, 'f64')) : sum), zero)
  return b.cast(b.add(b.add(part(0), part(2)), b.add(part(1), part(3))), x.dtype)
}

// ---- the first of the largest numbers

const isLargest = (m: Expr | undefined, x: Expr, axis: number): boolean => {
  const top = m?.op === 'broadcast' ? m.args[0] : undefined
  return top?.op === 'reduceMax' && top.args[0] === x && top.attrs.axes.length === 1 && top.attrs.axes[0] === axis
}
/** whether a number falls by 1 from place to place, the last one 1 */
const fallsAlong = (e: Expr | undefined, axis: number): boolean => {
  const x = e?.op === 'broadcast' ? e.args[0] : e
  const [n, place] = x?.op === 'sub' ? x.args : []
  if (n === undefined || place?.op !== 'iota') return false
  return place.attrs.axis === axis && uniformValue(n) === place.shape[axis]
}
/**
 * The numbers of which an expression says where the first of the largest is: NaN is larger than all, and +0 as large as -0. It is a comparison of
 * numbers that fall from place to place, 0 where a number is not the largest, with the largest of these.
 */
const firstLargestOf = (n: Expr, axis: number): Expr | undefined => {
  const [falling, top] = n.op === 'equal' ? n.args : []
  if (falling?.op !== 'select' || !isLargest(top, falling, axis)) return undefined
  const [isTop, order, otherwise] = falling.args
  const x = isTop?.op === 'equal' ? isTop.args[0] : undefined
  if (x === undefined || !isLargest(isTop?.args[1], x, axis) || !fallsAlong(order, axis)) return undefined
  if (otherwise?.op !== 'select' || otherwise.args[2] !== order) return undefined
  const [isNumber, zero] = otherwise.args
  const comparesItself = isNumber?.op === 'equal' && isNumber.args.every(a => a === x)
  return comparesItself && zero !== undefined && uniformValue(zero) === 0 ? x : undefined
}

/** the largest of some numbers, and which of them is the first that large */
const firstLargest = (xs: readonly Expr[]): { readonly top: Expr; readonly place: Expr } => {
  const [x] = xs as readonly [Expr, ...Expr[]]
  const number = (n: number): Expr => b.constant(n, { dtype: 'f32', shape: x.shape })
  return xs.slice(1).reduce(
    ({ top, place }, y, i) => {
      const [stays, isNumber] = [b.lessEqual(y, top), b.equal(top, top)]
      const chosen = (old: Expr, now: Expr): Expr => b.select(stays, old, b.select(isNumber, now, old))
      return { top: chosen(top, y), place: chosen(place, number(i + 1)) }
    },
    { top: x, place: number(0) }
  )
}

/** how an expression is taken apart along an axis of its windows' places */
interface Unrolling {
  readonly axis: number
  readonly places: number
  /** what an expression has become above this one */
  readonly now: (e: Expr) => Expr
  /** whether the numbers of windows were met */
  foundWindows: boolean
}

/** a rewritten reduction whose result is the same for all places */
const reduced = (n: Node<'sum'> | Node<'reduceMax'>, xs: readonly Expr[]): Expr => {
  const x = n.args[0] as Expr
  if (n.op === 'reduceMax') return xs.slice(1).reduce((top, y) => b.max(top, y), xs[0] as Expr)
  // a sum of which all numbers but one are 0: 0 plus that one, which makes 0 of -0
  return picksLargest(x, at(n.attrs.axes, 0)) ? b.add(firstLargest(xs).top, 0) : sumOf(xs)
}
/** whether an expression is its largest number in one place, and 0 in all others */
const picksLargest = (e: Expr, axis: number): boolean => {
  const [first, x, zero] = e.op === 'select' ? e.args : []
  return first !== undefined && x !== undefined && zero !== undefined
    ? firstLargestOf(first, axis) === x && uniformValue(zero) === 0
    : false
}

const reducesPlaces = (n: Expr, axis: number): n is Node<'sum'> | Node<'reduceMax'> =>
  hasRole(n, 'reduce') && n.attrs.axes.length === 1 && n.attrs.axes[0] === axis

/** the arguments that an expression is taken apart by; undefined where it cannot be */
const partsBelow = (n: Expr, u: Unrolling): readonly Expr[] | undefined => {
  if (n.shape[u.axis] === 1) {
    if (!reducesPlaces(n, u.axis)) return []
    const x = n.args[0] as Expr
    return picksLargest(x, u.axis) ? [x.args[1] as Expr] : [x]
  }
  if (n.shape[u.axis] !== u.places) return undefined
  if (uniformValue(n) !== undefined) return []
  const compared = firstLargestOf(n, u.axis)
  if (compared !== undefined) return [compared]
  if (n.op === 'broadcast') return n.shape.length === (n.args[0] as Expr).shape.length ? n.args : undefined
  if (hasRole(n, 'map')) return readsKey(n) ? undefined : n.args
  const below = belowReshapes(n)
  return below.op === 'windows' && axisOfPlaces(n.shape, below.shape) === u.axis ? [] : undefined
}

/** an expression at each place of the windows, given that of its arguments */
const placesOf = (n: Expr, u: Unrolling, args: readonly (readonly Expr[])[]): readonly Expr[] => {
  const shape = resized(n.shape, u.axis, 1)
  const each = (f: (place: number) => Expr): readonly Expr[] => Array.from({ length: u.places }, (_, i) => f(i))
  const same = (e: Expr): readonly Expr[] => each(() => e)
  const number = uniformValue(n)
  if (n.shape[u.axis] === 1) return same(reducesPlaces(n, u.axis) ? reduced(n, args[0] as readonly Expr[]) : u.now(n))
  if (number !== undefined) return same(b.constant(number, { dtype: n.dtype, shape }))
  if (firstLargestOf(n, u.axis) !== undefined) {
    const { place } = firstLargest(args[0] as readonly Expr[])
    return each(i => b.equal(place, i))
  }
  if (n.op === 'broadcast') return (args[0] as readonly Expr[]).map(x => b.broadcast(x, shape))
  if (n.op === 'iota')
    return n.attrs.axis === u.axis
      ? each(i => b.constant(i, { dtype: n.dtype, shape }))
      : same(b.iota(n.dtype, shape, n.attrs.axis))
  if (hasRole(n, 'map'))
    return each(i =>
      b.node(
        n.op,
        args.map(a => a[i] as Expr),
        n.attrs
      )
    )
  const below = belowReshapes(n) as Windows
  u.foundWindows = true
  const images = { ...below, args: [u.now(below.args[0] as Expr)] }
  return each(i => placeOf(images, i, shape))
}

/** an expression at each place, in new nodes: nothing of it is shared with another reduction, so nothing is stored for both */
const unrolled = (root: Expr, u: Unrolling): readonly Expr[] | undefined => {
  const made = new Map<Expr, readonly Expr[]>()
  const stack: Expr[] = [root]
  while (stack.length > 0) {
    const n = stack.at(-1) as Expr
    const below = partsBelow(n, u)
    if (below === undefined) return undefined
    const missing = below.filter(a => !made.has(a))
    if (missing.length > 0) for (const a of missing) stack.push(a)
    else {
      stack.pop()
      if (!made.has(n))
        made.set(
          n,
          placesOf(
            n,
            u,
            below.map(a => made.get(a) as readonly Expr[])
          )
        )
    }
  }
  return made.get(root)
}

const isSmall = (places: number): boolean => places > 1 && places <= maxPlaces

/** a sum or maximum over the places of windows, place by place */
export const unrolledReduction = (n: Expr, now: (e: Expr) => Expr): Expr | undefined => {
  if (!hasRole(n, 'reduce') || n.attrs.axes.length !== 1) return undefined
  const axis = at(n.attrs.axes, 0)
  const x = n.args[0] as Expr
  const places = at(x.shape, axis)
  if (!isSmall(places) || axis === x.shape.length - 1) return undefined
  const u: Unrolling = { axis, places, now, foundWindows: false }
  const xs = unrolled(n.op === 'sum' && picksLargest(x, axis) ? (x.args[1] as Expr) : x, u)
  return xs === undefined || !u.foundWindows ? undefined : reduced(n, xs)
}

/** whether no two windows share a number of the image */
const areApart = ({ attrs: { size, stride, dilation } }: Unwindows): boolean =>
  [0, 1].every(a => size[a] === 1 || (dilation[a] === 1 && at(stride, a) >= at(size, a)))

/** windows that do not overlap, each of their places by itself */
export const unrolledWindows = (n: Expr, now: (e: Expr) => Expr): Expr | undefined => {
  if (n.op !== 'unwindows' || !areApart(n)) return undefined
  const all = n.args[0] as Expr
  const places = n.attrs.size[0] * n.attrs.size[1]
  const x = all.op === 'reshape' ? (all.args[0] as Expr) : all
  if (!isSmall(places)) return undefined
  const axis = axisOfPlaces(x.shape, all.shape)
  if (axis < 0 || axis === x.shape.length - 1) return undefined
  const xs = unrolled(x, { axis, places, now, foundWindows: false })
  return xs === undefined
    ? undefined
    : b.unwindows(b.reshape(b.concat(xs, axis), all.shape), n.attrs, n.attrs.height, n.attrs.width)
}

/** the nodes between the places of windows that do not overlap and the image that they are put together to */
export interface Tiles {
  readonly places: readonly Expr[]
  /** what need not be there in memory: the windows themselves */
  readonly inside: readonly Expr[]
}
/** the places of windows that an image is put together of, where each is an expression of its own */
export const tilesOf = (n: Expr): Tiles | undefined => {
  if (n.op !== 'unwindows' || !areApart(n)) return undefined
  const all = n.args[0] as Expr
  const joined = all.op === 'reshape' ? (all.args[0] as Expr) : all
  if (joined.op !== 'concat' || joined.args.length !== n.attrs.size[0] * n.attrs.size[1]) return undefined
  const { axis } = joined.attrs
  return joined.args.every(x => x.shape[axis] === 1) && axisOfPlaces(joined.shape, all.shape) === axis
    ? { places: joined.args, inside: joined === all ? [joined] : [all, joined] }
    : undefined
}
