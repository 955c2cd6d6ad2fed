/** Models as people write them in run files: an input and a list of layers, `{ "input": [784], "layers": [..., "relu", ...] }`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { activation } from '../layer/activation.js'
import { layerCodec, shape } from '../layer/codecs.js'
import type { ActivationName } from '../layer/activations.js'
import type { Kind, Kinds, Layer } from '../layer/kind.js'
import { modelData, type ModelData } from '../layer/model.js'
import { exact, list, type Codec } from '../value/codec.js'
import { short } from './short.js'

/** what a string means among layers: a layer without settings, or the layer of an activation */
const meaning =
  ({ layers, activations }: Kinds) =>
  (name: string): unknown =>
    Object.hasOwn(layers, name)
      ? { tag: name }
      : Object.hasOwn(activations, name)
        ? activation(name as ActivationName)
        : undefined
const shortOf = (codec: t.Type<Layer, unknown, unknown>, kinds: Kinds): Codec<Layer> =>
  short(codec, meaning(kinds), [...Object.keys(kinds.activations), ...Object.keys(kinds.layers)])

/** layers that may be written short, also inside other layers */
const shortLayer = (kinds: Kinds): Codec<Layer> => {
  const shortened = (kind: Kind<Layer>): Kind<Layer> => ({
    ...kind,
    fields: codecs => kind.fields({ ...codecs, layer: shortOf(codecs.layer, kinds) })
  })
  const layers = Object.fromEntries(Object.entries(kinds.layers).map(([tag, kind]) => [tag, shortened(kind)]))
  return shortOf(layerCodec({ ...kinds, layers }), kinds)
}

/** the layers that stand in a row, sequences in sequences dissolved */
const inRow = (layer: Layer): readonly Layer[] => (layer.tag === 'sequential' ? layer.layers.flatMap(inRow) : [layer])

/** `{ input, layers }`, the shapes not yet checked. What it writes has every setting, and no sequence where a list will do. */
export const rowModelCodec = (kinds: Kinds): Codec<ModelData> => {
  const fields = exact('model', { input: shape, layers: list(shortLayer(kinds)) })
  const isModel = (u: unknown): u is ModelData =>
    typeof u === 'object' && u !== null && 'tag' in u && u.tag === 'model' && fields.is(written(u as ModelData))
  const written = ({ input, layer }: ModelData): t.OutputOf<typeof fields> =>
    fields.encode({ input, layers: inRow(layer) })
  return new t.Type<ModelData, unknown, unknown>(
    'model',
    isModel,
    (u, c) =>
      pipe(
        fields.validate(u, c),
        E.map(({ input, layers }) => modelData(input, ...layers.flatMap(inRow)))
      ),
    written
  )
}
