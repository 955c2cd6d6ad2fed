/** A model as a table. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { markdownTable } from 'markdown-table'
import type { LayerRegistry, LayerRow } from '../layer/definition.js'
import type { ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { countNumbers } from '../layer/compose.js'
import type { ShapeError } from '../value/error.js'
import { showShape } from '../value/shape.js'
import { build } from './build.js'

/** the layers of a model in order, by label path */
export const layerRows = (
  model: ModelData,
  registry: LayerRegistry = builtInLayers
): E.Either<ShapeError, readonly LayerRow[]> =>
  pipe(
    build(model, registry),
    E.map(placed => placed.rows)
  )

/** the number of trainable numbers of a model */
export const countParameters = (
  model: ModelData,
  registry: LayerRegistry = builtInLayers
): E.Either<ShapeError, number> =>
  pipe(
    build(model, registry),
    E.map(placed => countNumbers(placed.params))
  )

const line = ({ path, layer, output, parameters }: LayerRow): readonly string[] => [
  path,
  layer,
  showShape(output),
  parameters === 0 ? '' : `${parameters}`
]

/**
 * A Markdown table: the label path of every layer, its tag, its output shape for one example, and the number of its own
 * parameters.
 *
 * @example pipe(describeModel(mlp), E.map(console.log))
 */
export const describeModel = (
  model: ModelData,
  registry: LayerRegistry = builtInLayers
): E.Either<ShapeError, string> =>
  pipe(
    layerRows(model, registry),
    E.map(rows => {
      const total = rows.reduce((n, r) => n + r.parameters, 0)
      const input = ['input', model.dtype ?? '', showShape(model.input), '']
      return markdownTable(
        [['label', 'layer', 'output', 'parameters'], input, ...rows.map(line), ['total', '', '', `${total}`]],
        {
          align: ['l', 'l', 'l', 'r']
        }
      )
    })
  )
