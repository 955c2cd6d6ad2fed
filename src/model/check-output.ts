/** Checks that a layer's formula gives the output that its definition declares, so that mistakes of custom layers are found at the layer. */
import { node } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import type { Applied, BuiltLayer, Value } from '../layer/definition.js'
import { isExpr } from '../layer/compose.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { isDims, sameShape, showShape, type Shape } from '../value/shape.js'

const tensorsOf = (v: Value): readonly Expr[] => (isExpr(v) ? [v] : v.flatMap(tensorsOf))
const errorIn = (v: Value): ShapeError | undefined =>
  tensorsOf(v).flatMap(e => (e.op === 'invalid' ? [e.attrs.error] : []))[0]

/** whether a value is a batch of examples of a shape */
const isBatchOf = (batch: number, s: Shape, v: Value): boolean =>
  isExpr(v)
    ? isDims(s) && sameShape(v.shape, [batch, ...s])
    : !isDims(s) && v.length === s.length && v.every((part, i) => isBatchOf(batch, s[i] as Shape, part))
const shapesOf = (v: Value): Shape => (isExpr(v) ? v.shape : v.map(shapesOf))

const begins = (path: readonly string[], start: readonly string[]): boolean => start.every((p, i) => path[i] === p)

const failed = (applied: Applied, error: ShapeError): Applied => ({ ...applied, value: node('invalid', [], { error }) })

/** the same layer; if its formula fails, or its shape is not that of `output`, the error names the layer */
export const withOutputCheck = (placed: BuiltLayer): BuiltLayer => ({
  ...placed,
  apply: (context, x) => {
    const applied = placed.apply(context, x)
    if (errorIn(x) !== undefined) return applied
    const path = context.path === '' ? [] : context.path.split('/')
    const error = errorIn(applied.value)
    if (error !== undefined)
      return begins(error.path, path) ? applied : failed(applied, { ...error, path: [...path, ...error.path] })
    const batch = tensorsOf(x)[0]?.shape[0] ?? 1
    if (isBatchOf(batch, placed.output, applied.value)) return applied
    const expected = `a formula that gives ${showShape(placed.output)} for each of ${batch} examples, as its definition declares`
    return failed(applied, shapeError(path, expected, showShape(shapesOf(applied.value))))
  }
})
