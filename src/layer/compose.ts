/** Putting placed layers together: one after the other, side by side, or as one formula. */
import * as E from 'fp-ts/lib/Either.js'
import { foldIn, node } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { fnv1a32 } from '../random/index.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { sizeOf, type Dims, type Shape } from '../value/shape.js'
import { child, treeLeaves, type Branch, type Tree } from '../value/tree.js'
import type {
  Applied,
  Context,
  OutputRange,
  LabelledLayer,
  ParamSpec,
  BuiltLayer,
  LayerRow,
  SharedUse,
  StateSpec,
  Value
} from './definition.js'
import { sameData } from '../value/equal.js'
import { indexesField, indexesInSequence } from './indexes.js'
import type { Indexes } from './terms.js'

/** more layers than this in one model are refused, so that a short text cannot ask for an endless one */
export const maxLayers = 8192

/** whether a value is one tensor, not a tuple of them */
export const isExpr = (x: Value): x is Expr => !Array.isArray(x)
/** a value, or a tuple of them, with f at every tensor */
export const mapValue = (f: (x: Expr) => Expr, x: Value): Value => (isExpr(x) ? f(x) : x.map(y => mapValue(f, y)))

/** the tensor that a layer's shape rule has asked for */
export const tensorOf = (x: Value): Expr =>
  isExpr(x) ? x : node('invalid', [], { error: shapeError(['layer'], 'one tensor', `${x.length} values`) })
/** the values of several inputs */
export const tupleOf = (x: Value): readonly Value[] => (isExpr(x) ? [x] : x)

const missing = (path: string, what: string, hint: string): Expr =>
  node('invalid', [], { error: shapeError(path === '' ? [] : path.split('/'), what, 'none', hint) })
/** a parameter of a layer, by its name */
export const paramOf =
  (context: Context) =>
  (name: string): Expr => {
    const p = child(context.params, name)
    return isLeafExpr(p) ? p : missing(context.path, `a parameter ${name}`, 'use the parameters of this model')
  }
/** a running statistic of a layer, as it was before this step */
export const stateOf =
  (context: Context) =>
  (name: string): Expr => {
    const s = child(context.state, name)
    return isLeafExpr(s)
      ? s
      : missing(context.path, `a running statistic ${name}`, 'pass the layer state of a training of this model')
  }
const isLeafExpr = (t: Tree<Expr>): t is Expr => typeof (t as { readonly op?: unknown }).op === 'string'

const plain = (value: Value): Applied => ({ value, state: {}, seen: [] })
const nothing = { state: {}, shared: {}, rows: [] }

/** the field `gives`, where something is known */
export const rangeField = (gives: OutputRange | undefined): Pick<BuiltLayer, 'gives'> =>
  gives === undefined ? {} : { gives }

/** what is known of the last layer's outputs is known of the sequence's */
const rangesOf = (last: BuiltLayer | undefined): Pick<BuiltLayer, 'gives' | 'givesEach'> => ({
  ...rangeField(last?.gives),
  ...(last?.givesEach === undefined ? {} : { givesEach: last.givesEach })
})

/** a layer from one tensor to one tensor, without running statistics */
export const tensorLayer = (layer: {
  readonly output: Dims
  readonly params?: Branch<ParamSpec>
  readonly formula: (x: Expr, param: (name: string) => Expr) => Expr
  readonly gives?: OutputRange
  /** for an input of indexes (u32): all of them are below this number */
  readonly indexes?: Indexes
}): BuiltLayer => ({
  ...nothing,
  ...rangeField(layer.gives),
  ...indexesField(layer.indexes),
  output: layer.output,
  params: layer.params ?? {},
  apply: (context, x) => plain(layer.formula(tensorOf(x), paramOf(context)))
})
/** a layer that does the same to every tensor, and keeps shapes */
export const eachTensor = (output: Shape, f: (x: Expr) => Expr): BuiltLayer => ({
  ...nothing,
  output,
  params: {},
  apply: (_, x) => plain(mapValue(f, x))
})
/** a layer from several tensors to one */
export const mergeLayer = (output: Dims, f: (xs: readonly Expr[]) => Expr): BuiltLayer => ({
  ...nothing,
  output,
  params: {},
  apply: (_, x) => plain(f(tupleOf(x).map(tensorOf)))
})

/** batch shape of a value: what is placed sees examples, formulas see batches */
export const batchShape = (x: Expr, one: Dims): Dims => [x.shape[0] ?? 1, ...one]

const join = (path: string, label: string): string => (path === '' ? label : `${path}/${label}`)

/** what the layer under a label is given */
export const childContext = (context: Context, label: string): Context => ({
  ...context,
  params: child(context.params, label),
  state: child(context.state, label),
  key: foldIn(context.key, fnv1a32(label)),
  path: join(context.path, label)
})

/** how many numbers a tree of parameters holds */
export const countNumbers = (params: Branch<ParamSpec>): number =>
  treeLeaves(params).reduce((n, [, p]) => n + sizeOf(p.shape), 0)

const nonEmpty = <A extends ParamSpec | StateSpec | Expr>(
  entries: readonly (readonly [string, Branch<A>])[]
): Branch<A> => Object.fromEntries(entries.filter(([, branch]) => Object.keys(branch).length > 0))

type Uses = Readonly<Record<string, SharedUse>>
const joinShared = (children: readonly LabelledLayer[]): E.Either<ShapeError, Uses> => {
  const all = new Map<string, SharedUse>()
  for (const [label, { shared }] of children)
    for (const [key, use] of Object.entries(shared)) {
      const before = all.get(key)
      if (before !== undefined && !sameData(before.layer, use.layer))
        return E.left(
          shapeError([label], `the model that has the key ${key} elsewhere`, 'another one', 'give it another key')
        )
      all.set(key, before ?? use)
    }
  return E.right(Object.fromEntries(all))
}

const rowsOf = (children: readonly LabelledLayer[]): readonly LayerRow[] =>
  children.flatMap(([label, { rows }]) => rows.map(r => ({ ...r, path: r.path === '' ? label : join(label, r.path) })))

/** everything but the formula and the output */
const together = (
  children: readonly LabelledLayer[]
): E.Either<ShapeError, Pick<BuiltLayer, 'params' | 'state' | 'shared' | 'rows'>> => {
  const layers = children.reduce((n, [, p]) => n + p.rows.length, 0)
  return layers > maxLayers
    ? E.left(shapeError([], `at most ${maxLayers} layers`, `${layers}`))
    : E.map((shared: Uses) => ({
        params: nonEmpty(children.map(([label, p]) => [label, p.params] as const)),
        state: nonEmpty(children.map(([label, p]) => [label, p.state] as const)),
        shared,
        rows: rowsOf(children)
      }))(joinShared(children))
}

interface Step {
  readonly label: string
  readonly path: string
  readonly applied: Applied
}
const collect = (value: Value, steps: readonly Step[]): Applied => ({
  value,
  state: nonEmpty(steps.map(s => [s.label, s.applied.state] as const)),
  seen: steps.flatMap(s => [...s.applied.seen, [s.path, s.applied.value] as const])
})
const step = (context: Context, [label, placed]: LabelledLayer, x: Value): Step => {
  const inner = childContext(context, label)
  return { label, path: inner.path, applied: placed.apply(inner, x) }
}

/** one after the other */
export const composeSequential = (children: readonly LabelledLayer[], input: Shape): E.Either<ShapeError, BuiltLayer> =>
  E.map((all: Pick<BuiltLayer, 'params' | 'state' | 'shared' | 'rows'>): BuiltLayer => ({
    ...all,
    ...rangesOf(children.at(-1)?.[1]),
    ...indexesInSequence(children.map(([, layer]) => layer)),
    output: children.at(-1)?.[1].output ?? input,
    apply: (context, x) => {
      let value = x
      const steps = children.map(c => {
        const s = step(context, c, value)
        value = s.applied.value
        return s
      })
      return collect(value, steps)
    }
  }))(together(children))

/** side by side: each takes its own part of the input */
export const composeParallel = (
  children: readonly LabelledLayer[],
  parts: (x: Value) => readonly Value[]
): E.Either<ShapeError, BuiltLayer> =>
  E.map((all: Pick<BuiltLayer, 'params' | 'state' | 'shared' | 'rows'>): BuiltLayer => ({
    ...all,
    output: children.map(([, p]) => p.output),
    givesEach: children.map(([, p]) => p.gives),
    apply: (context, x) => {
      const given = parts(x)
      const steps = children.map((c, i) => step(context, c, given[i] ?? x))
      return collect(
        steps.map(s => s.applied.value),
        steps
      )
    }
  }))(together(children))
