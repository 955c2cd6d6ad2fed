/** A model as boxes and what flows between them: each layer with the layers whose outputs it reads, found in its formula. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { topological, type Expr } from '../expr/op.js'
import type { LayerRegistry, LayerRow, Value } from '../layer/definition.js'
import type { ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { layerRows } from '../model/describe.js'
import { toExpr, type ModelGraph } from '../model/to-expr.js'
import type { ShapeError } from '../value/error.js'
import { showShape } from '../value/shape.js'

export interface Box {
  /** its label path; empty for an input */
  readonly path: string
  readonly layer: string
  readonly output: string
  readonly parameters: number
  /** the boxes that it reads, by their places in the list */
  readonly reads: readonly number[]
  readonly values: readonly Expr[]
}
export interface Flow {
  readonly boxes: readonly Box[]
  readonly rows: readonly LayerRow[]
  readonly graph: ModelGraph
}

/** the expressions of a value */
export const exprsOf = (v: Value): readonly Expr[] =>
  Array.isArray(v) ? (v as readonly Value[]).flatMap(exprsOf) : [v as Expr]

/** expression -> the boxes that it is computed from directly */
const nearest = (boxes: readonly Pick<Box, 'values'>[]): ReadonlyMap<Expr, readonly number[]> => {
  const owner = new Map<Expr, number>()
  boxes.forEach((b, i) => b.values.forEach(e => owner.set(e, owner.get(e) ?? i)))
  const found = new Map<Expr, readonly number[]>()
  for (const e of topological(boxes.flatMap(b => b.values))) {
    const mine = owner.get(e)
    found.set(e, mine !== undefined ? [mine] : [...new Set(e.args.flatMap(a => found.get(a) ?? []))])
  }
  return found
}
/** the boxes that a box reads: behind its own values; one that only passes its input on reads the box before it */
const readBy = (
  b: Pick<Box, 'values'>,
  i: number,
  boxes: readonly Pick<Box, 'values'>[],
  found: ReadonlyMap<Expr, readonly number[]>
): readonly number[] => {
  const behind = b.values.flatMap(e => {
    const [mine] = found.get(e) ?? []
    return mine !== undefined && mine !== i ? [mine] : e.args.flatMap(a => found.get(a) ?? [])
  })
  return [...new Set(behind)].filter(k => k !== i && boxes[k] !== undefined)
}

/** whether a value is that of the last layer inside: then the box of that layer says it */
const isAlias = (path: string, value: Value, seen: ModelGraph['seen']): boolean => {
  const inside = seen.filter(([p]) => p.startsWith(`${path}/`))
  const last = inside.at(-1)
  return last !== undefined && exprsOf(last[1]).every((e, i) => exprsOf(value)[i] === e)
}

/**
 * The boxes of a model, inputs first, every other after those that it reads.
 *
 * @param training whether layers do what they do in training: dropout, which does nothing else, is then seen
 */
export const flowOf = (
  model: ModelData,
  {
    registry = builtInLayers,
    training = false
  }: { readonly registry?: LayerRegistry; readonly training?: boolean } = {}
): E.Either<ShapeError, Flow> =>
  pipe(
    E.Do,
    E.bind('rows', () => layerRows(model, registry)),
    E.bind('graph', () => toExpr(model, { batch: 2, training, registry })),
    E.map(({ rows, graph }): Flow => {
      const byPath = new Map(rows.map(r => [r.path, r]))
      const inputs = exprsOf(graph.x).map((e): Omit<Box, 'reads'> => ({
        path: '',
        layer: 'input',
        output: showShape(e.shape.slice(1)),
        parameters: 0,
        values: [e]
      }))
      const layers = graph.seen.flatMap(([path, value]): readonly Omit<Box, 'reads'>[] => {
        const row = byPath.get(path)
        if (row === undefined || isAlias(path, value, graph.seen)) return []
        return [
          {
            path,
            layer: row.layer,
            output: showShape(row.output),
            parameters: row.parameters,
            values: exprsOf(value)
          }
        ]
      })
      const boxes = [...inputs, ...layers]
      const found = nearest(boxes)
      return { rows, graph, boxes: boxes.map((b, i) => ({ ...b, reads: readBy(b, i, boxes, found) })) }
    })
  )
