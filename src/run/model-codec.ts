/** Models as people write them in run files: an input and a list of layers, `{ "input": [784], "layers": [..., "relu", ...] }`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { elementType, shape } from '../layer/codecs.js'
import type { Layer } from '../layer/definition.js'
import { modelData, type ModelData } from '../layer/model.js'
import type { AnyRegistry } from '../registry/definition.js'
import { exact, list, type Codec } from '../value/codec.js'
import { shortCodecsOf } from './shorthand.js'

/** a layer as a list of layers; nested sequences are flattened */
const inRow = (layer: Layer): readonly Layer[] => (layer.tag === 'sequential' ? layer.layers.flatMap(inRow) : [layer])

/** `{ input, layers }`; the shapes are not checked yet. The encoder writes every setting, and flattens sequences. */
export const rowModelCodec = (registry: AnyRegistry): Codec<ModelData> => {
  const fields = exact('model', { input: shape, dtype: elementType, layers: list(shortCodecsOf(registry).layer) })
  const isModel = (u: unknown): u is ModelData =>
    typeof u === 'object' && u !== null && 'tag' in u && u.tag === 'model' && fields.is(written(u as ModelData))
  const written = ({ input, dtype, layer }: ModelData): t.OutputOf<typeof fields> =>
    fields.encode({ input, dtype, layers: inRow(layer) })
  return new t.Type<ModelData, unknown, unknown>(
    'model',
    isModel,
    (u, c) =>
      pipe(
        fields.validate(u, c),
        E.map(({ input, dtype, layers }) => {
          const data = modelData(input, ...layers.flatMap(inRow))
          return dtype === undefined ? data : Object.freeze({ ...data, dtype })
        })
      ),
    written
  )
}
