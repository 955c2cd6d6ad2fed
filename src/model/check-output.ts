/** Checks that a layer's formula gives the output that its definition declares, so that mistakes of custom layers are found at the layer. */
import { node } from '../expr/build.js'
import { topological, type Expr } from '../expr/op.js'
import type { Applied, BuiltLayer, Indexes, Value } from '../layer/definition.js'
import { indexesBefore, partAt } from '../layer/indexes.js'
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

/** the indexes of an input whose limit the layer does not state */
const withoutLimit = (x: Value, limit: Indexes | undefined): readonly Expr[] =>
  isExpr(x)
    ? x.dtype === 'u32' && limit === undefined
      ? [x]
      : []
    : x.flatMap((part, i) => withoutLimit(part, partAt(limit, i)))
/** Whether a formula looks up rows by such indexes: an engine would take the last row for each index beyond the table. */
const looksUp = (placed: BuiltLayer, x: Value, value: Value): boolean => {
  const open = new Set(withoutLimit(x, indexesBefore(placed, undefined)))
  if (open.size === 0) return false
  const nodes = topological(tensorsOf(value))
  // no op computes with indexes, they are only moved: what comes of the input is u32 and has it among what it is made of
  const moved = nodes.reduce(
    (all, e) => (e.dtype === 'u32' && (open.has(e) || e.args.some(a => all.has(a))) ? new Set([...all, e]) : all),
    new Set<Expr>()
  )
  return nodes.some(
    ({ op, args: [, index] }) => (op === 'gather' || op === 'scatterAdd') && index !== undefined && moved.has(index)
  )
}

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
    if (looksUp(placed, x, applied.value))
      return failed(
        applied,
        shapeError(path, 'indexes in what place gives: the number that all indexes of the input are below', 'none')
      )
    const batch = tensorsOf(x)[0]?.shape[0] ?? 1
    if (isBatchOf(batch, placed.output, applied.value)) return applied
    const expected = `a formula that gives ${showShape(placed.output)} for each of ${batch} examples, as its definition declares`
    return failed(applied, shapeError(path, expected, showShape(shapesOf(applied.value))))
  }
})
