/** The laws of initializers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { layerCodec } from '../layer/codecs.js'
import { dense } from '../layer/dense.js'
import type { Initializer, InitializerDefinition } from '../layer/initializer.js'
import type { LayerRegistry } from '../layer/definition.js'
import { builtInLayers } from '../layer/registry.js'
import { noMembers } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { leafKey, rootKey } from '../random/index.js'
import { sizeOf, type Dims } from '../value/shape.js'
import { tensorView } from '../value/tensor.js'
import { jsonLaw } from './json.js'
import { everySample, holds, law, lawsOf, seed, type Law } from './law.js'
import { allFinite, sameValues } from './values.js'

const size = fc.integer({ min: 1, max: 6 })
const shape: fc.Arbitrary<Dims> = fc.array(size, { minLength: 1, maxLength: 4 })

/**
 * The laws of an initializer, for each of its samples (one without settings has itself):
 * - json: a layer with it goes to JSON and back; unknown fields are refused
 * - shape: as many numbers as the shape holds, as f32
 * - finite: none of them NaN or infinite
 * - determinism: the same key gives the same bits, in a new array
 *
 * @example for (const { name, property } of initializerLaws(near)) test(name, () => fc.assert(property))
 */
export const initializerLaws = (
  kind: InitializerDefinition,
  registry: LayerRegistry = builtInLayers
): readonly Law[] => {
  const { tag: name } = kind
  const all = extend(registry, { initializers: [kind] })
  const plain = Object.keys(kind.fields(noMembers)).length === 0
  const settings = kind.samples ?? (plain ? [{}] : [])
  const drawn = fc.record({ shape, seed, in: size, out: size })
  type Drawn = typeof drawn extends fc.Arbitrary<infer A> ? A : never
  const draw = (sample: unknown, a: Drawn): Float32Array =>
    kind.draw({
      key: leafKey(rootKey(a.seed), 'weight'),
      shape: a.shape,
      fan: { in: a.in, out: a.out },
      settings: sample
    })
  const tensorOf = (xs: Float32Array) => ({ draw: tensorView('f32', [xs.length], xs) })
  return lawsOf(`initializer ${name}`, [
    jsonLaw(
      layerCodec(all),
      settings.map(s => dense(2, { initializer: (plain ? name : { tag: name, ...(s as object) }) as Initializer }))
    ),
    law('shape', drawn, a =>
      everySample(settings, s => {
        const xs = draw(s, a)
        return holds(
          xs instanceof Float32Array && xs.length === sizeOf(a.shape),
          () => `${xs.length} numbers, not ${sizeOf(a.shape)}`
        )
      })
    ),
    law('finite', drawn, a => everySample(settings, s => allFinite(tensorOf(draw(s, a))))),
    law('determinism', drawn, a =>
      everySample(settings, s => {
        const [one, two] = [draw(s, a), draw(s, a)]
        return pipe(
          sameValues(tensorOf(one), tensorOf(two)),
          E.chain(() => holds(one.buffer !== two.buffer, () => 'both draws share their memory'))
        )
      })
    )
  ])
}
