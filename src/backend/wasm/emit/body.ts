/**
 * Code for the body of a loop: computes an expression for four neighbouring elements at a time. A value is one vector
 * of four f32, u32 or bool, or two vectors of two f64.
 */
import { call, f32, f32x4, i32, i32x4, local, type Func, type Local } from '../assemble/index.js'
import type { Expr, ExprOf } from '../../../expr/op.js'
import { type OpOf, type PlacedOp } from '../../../expr/ops/table.js'
import type { Dims } from '../../../value/shape.js'
import type { DType } from '../../../value/tensor.js'
import type { Body, IndexSource } from '../../kernel/body.js'
import { uniformValue } from '../../kernel/simplify.js'
import { importedNormal, unaryFunctions, type UnaryName } from './functions.js'
import { load } from './memory.js'
import { startOf, width, type Scope } from './scope.js'
import { bits, d2, f4, get, highHalf, i4, joinMasks, joinPairs, l2, set, type Push } from './lanes.js'

const part = (s: Scope, n: Expr, half: number): Push => get(s.vectors(n)[width(n.dtype) === 1 ? 0 : half] as Local)
const arg = (s: Scope, n: Expr, i: number, half: number): Push => part(s, n.args[i] as Expr, half)

// ---- operations

const wideMask = (mask: Push, half: number): Push => l2.fromMask(half === 0 ? mask : highHalf(mask))

/** the index in each lane, from the walker and the stride per element */
const places = (s: Scope, p: IndexSource, step: number): Push =>
  i4.add(i4.splat(get(s.walker(p.steps, p.first))), i4.lanes(0, step, 2 * step, 3 * step))

const castTo = (s: Scope, n: Expr, half: number): Push => {
  const from = (n.args[0] as Expr).dtype
  const x = arg(s, n, 0, half)
  const narrow = get(s.vectors(n.args[0] as Expr)[0] as Local)
  const mine = half === 0 ? narrow : highHalf(narrow)
  if (from === n.dtype) return x
  if (n.dtype === 'f64')
    return from === 'f32'
      ? d2.fromFloats(mine)
      : from === 'bool'
        ? bits.and(wideMask(narrow, half), d2.of(1))
        : d2.fromWhole(mine)
  if (n.dtype === 'f32')
    return from === 'f64'
      ? joinPairs(f4.fromDoubles(arg(s, n, 0, 0)), f4.fromDoubles(arg(s, n, 0, 1)))
      : from === 'bool'
        ? bits.and(x, f4.of(1))
        : f4.fromWhole(x)
  return from === 'bool' ? bits.and(x, i4.of(1)) : x
}

const viaF64 = (s: Scope, n: Expr, half: number, f: Func): Push => {
  const run =
    (x: Push): Push =>
    () => {
      x()
      call(f)
    }
  if (n.dtype === 'f64') return run(arg(s, n, 0, half))
  const x = arg(s, n, 0, 0)
  return joinPairs(f4.fromDoubles(run(d2.fromFloats(x))), f4.fromDoubles(run(d2.fromFloats(highHalf(x)))))
}
const powVia = (s: Scope, n: Expr, half: number): Push => {
  const f = s.library.pow()
  const run =
    (x: Push, y: Push): Push =>
    () => {
      x()
      y()
      call(f)
    }
  if (n.dtype === 'f64') return run(arg(s, n, 0, half), arg(s, n, 1, half))
  const [x, y] = [arg(s, n, 0, 0), arg(s, n, 1, 0)]
  return joinPairs(
    f4.fromDoubles(run(d2.fromFloats(x), d2.fromFloats(y))),
    f4.fromDoubles(run(d2.fromFloats(highHalf(x)), d2.fromFloats(highHalf(y))))
  )
}

const compare = (s: Scope, n: Expr, op: 'eq' | 'lt' | 'le'): Push => {
  const of = (n.args[0] as Expr).dtype
  const [a, b] = [arg(s, n, 0, 0), arg(s, n, 1, 0)]
  if (of === 'f64') return joinMasks(d2[op](a, b), d2[op](arg(s, n, 0, 1), arg(s, n, 1, 1)))
  if (of === 'f32') return f4[op](a, b)
  // true is all bits set: as the whole number 1, bools compare as they should
  return of === 'bool' ? i4[op](bits.and(a, i4.of(1)), bits.and(b, i4.of(1))) : i4[op](a, b)
}

const draw = (s: Scope, n: Expr & { readonly op: 'random' }, p: IndexSource, step: number): Push => {
  const [k0, k1] = s.keyWords(n.args[0] as Expr)
  const words: Push = () => {
    local.get(k0)
    local.get(k1)
    places(s, p, step)()
    call(s.library.bits32())
  }
  if (n.attrs.distribution === 'bits') return words
  if (n.attrs.distribution === 'uniform')
    return f4.sub(
      bits.or(
        i4.shr(words, () => i32.const(9)),
        i4.of(0x3f800000)
      ),
      f4.of(1)
    )
  const lane =
    (i: 0 | 1 | 2 | 3): Push =>
    () => {
      local.get(k0)
      i32x4.extract_lane(0)
      local.get(k1)
      i32x4.extract_lane(0)
      local.get(s.walker(p.steps, p.first))
      i32.const(i * step)
      i32.add()
      call(importedNormal)
      f32.demote_f64()
    }
  return () => {
    lane(0)()
    f32x4.splat()
    for (const i of [1, 2, 3] as const) {
      lane(i)()
      f32x4.replace_lane(i)
    }
  }
}

const isUnary = (n: Expr): n is ExprOf<UnaryName> => Object.hasOwn(unaryFunctions, n.op)

/** one vector filled with a constant */
const known = (dtype: DType, x: number): Push =>
  dtype === 'f64' ? d2.of(x) : dtype === 'f32' ? f4.of(x) : dtype === 'bool' ? i4.of(x === 0 ? 0 : -1) : i4.of(x)

/** one vector of indexes, converted to an element type */
const wholeNumbers = (dtype: DType, at: Push, half: number): Push =>
  dtype === 'f32' ? f4.fromWhole(at) : dtype === 'f64' ? d2.fromWhole(half === 0 ? at : highHalf(at)) : at

/** one vector of a computed node; no `default`, so that the compiler names a missing op */
const compute = (
  s: Scope,
  n: ExprOf<OpOf<'map'> | PlacedOp>,
  half: number,
  place: (n: Expr) => readonly [IndexSource, number]
): Push => {
  const l = n.dtype === 'f64' ? d2 : f4
  const a = (): Push => arg(s, n, 0, half)
  const b = (): Push => arg(s, n, 1, half)
  if (isUnary(n)) return viaF64(s, n, half, s.library.unary(n.op))
  switch (n.op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'max':
    case 'min':
      return l[n.op](a(), b())
    case 'neg':
    case 'abs':
    case 'sqrt':
    case 'floor':
      return l[n.op](a())
    case 'sign':
      return bits.select(l.of(1), bits.select(l.of(-1), a(), l.lt(a(), l.of(0))), l.lt(l.of(0), a()))
    case 'pow':
      return powVia(s, n, half)
    case 'cast':
      return castTo(s, n, half)
    case 'equal':
      return compare(s, n, 'eq')
    case 'less':
      return compare(s, n, 'lt')
    case 'lessEqual':
      return compare(s, n, 'le')
    case 'select': {
      const mask = arg(s, n, 0, 0)
      return bits.select(arg(s, n, 1, half), arg(s, n, 2, half), n.dtype === 'f64' ? wideMask(mask, half) : mask)
    }
    case 'iota': {
      const [p, step] = place(n)
      return wholeNumbers(n.dtype, places(s, p, step), half)
    }
    case 'oneHot': {
      const [p, step] = place(n)
      const hit = i4.eq(arg(s, n, 0, 0), places(s, p, step))
      return n.dtype === 'f32' ? bits.and(hit, f4.of(1)) : bits.and(wideMask(hit, half), d2.of(1))
    }
    case 'random': {
      const [p, step] = place(n)
      return draw(s, n, p, step)
    }
    case 'stopGradient':
      return a()
  }
}

/** Computes every node for `lanes` elements; `hoisted` values are in locals already. */
export const emitBody = (
  s: Scope,
  body: Body,
  innerStep: (steps: Dims) => number,
  lanes: number,
  hoisted: (n: Expr) => boolean
): void => {
  const reads = new Map(body.reads.map(r => [r.node, r]))
  const placed = new Map(body.places.map(p => [p.node, p]))
  for (const n of body.nodes) {
    if (hoisted(n)) continue
    const r = reads.get(n)
    if (r !== undefined) load(s, n, r.view, innerStep(r.steps), s.walker(r.steps, undefined, startOf(r.view)), lanes)
    else
      s.vectors(n).forEach((l, half) => {
        const number = uniformValue(n)
        // a body ends at reads and constants, so any other node is computed number by number
        const inside = n as ExprOf<OpOf<'map'> | PlacedOp>
        const value =
          number !== undefined
            ? known(n.dtype, number)
            : compute(s, inside, half, m => {
                const p = placed.get(m) as IndexSource
                return [p, innerStep(p.steps)]
              })
        set(l, value)
      })
  }
}
