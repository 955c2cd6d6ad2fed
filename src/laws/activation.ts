/** The laws of activations. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { reference } from '../backend/reference/reference.js'
import { input, total } from '../expr/build.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { activation } from '../layer/activation.js'
import type { ActivationDefinition, ActivationName } from '../layer/activation-table.js'
import { layerCodec } from '../layer/codecs.js'
import type { LayerRegistry } from '../layer/definition.js'
import { builtInLayers } from '../layer/registry.js'
import { extend } from '../registry/extend.js'
import { checkGradient } from '../backend/gradient-check.js'
import { sameShape, showShape, type Dims } from '../value/shape.js'
import { numbersOf, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { jsonLaw } from './json.js'
import { every, holds, law, lawsOf, seed, worded, type Law, type Verdict } from './law.js'
import {
  allFinite,
  compute,
  computationLaws,
  exampleOf,
  extremes,
  floatType,
  numbers,
  sameValues,
  slopes,
  weighted
} from './values.js'
import { uniform } from './uniform.js'

type Outputs = Readonly<Record<'y' | 'slope', Tensor>>
/** the values, and the derivative of their sum: for an elementwise activation the slope at each number */
const at = ({ formula }: ActivationDefinition, x: Tensor): Verdict<Outputs> => {
  const e = input('x', x.dtype, x.shape)
  const y = formula(e)
  const [slope] = gradients(total(y), [e])
  return pipe(
    compute(reference)({ y, slope: slope as Expr }, { x }),
    E.map(r => r as Outputs)
  )
}

const near = (kinks: readonly number[], x: number): boolean => kinks.some(k => Math.abs(x - k) < 1e-3)

const gradientOf = (kind: ActivationDefinition, x: Tensor<Dims, 'f64'>): Verdict =>
  pipe(
    worded(checkGradient(reference, (e: Expr) => weighted([kind.formula(e)]), x, { tolerance: 2e-6 })),
    E.chain(({ ok, worst }) => holds(ok, () => `the gradient is off: ${JSON.stringify(worst)}`))
  )
/** close to x on both sides, value and slope are close to those at x */
const smoothAt = (kind: ActivationDefinition, x: number): Verdict => {
  const step = 1e-6
  return pipe(
    at(kind, tensorView('f64', [1, 2], Float64Array.of(x - step, x + step))),
    E.chain(({ y, slope }) =>
      every([y, slope], t => {
        const [a = NaN, b = NaN] = numbersOf(t)
        const [s = NaN] = numbersOf(slope)
        const size = Math.max(1, Math.abs(a), Math.abs(s))
        return holds(
          Math.abs(a - b) <= 1e-4 * size || near(kind.kinks, x),
          () =>
            `at ${x} ${t === y ? 'the value' : 'the slope'} jumps from ${a} to ${b}, and no kink is said to be there`
        )
      })
    )
  )
}

/** each number, or each list along the last axis, is mapped independently of the others */
const aloneOf = (kind: ActivationDefinition, x: Tensor): Verdict =>
  pipe(
    at(kind, x),
    E.chain(all => {
      const width = kind.along === 'each' ? 1 : (x.shape.at(-1) ?? 1)
      const rows = (t: Tensor): Tensor => tensorView(t.dtype, [numbersOf(t).length / width, width], numbersOf(t))
      return pipe(
        holds(
          sameShape(all.y.shape, x.shape),
          () => `the shape ${showShape(x.shape)} becomes ${showShape(all.y.shape)}`
        ),
        E.chain(() =>
          every([...numbersOf(x).keys()].slice(0, numbersOf(x).length / width), i =>
            pipe(
              at(kind, exampleOf(rows(x), i)),
              E.chain(one => sameValues({ y: exampleOf(rows(all.y), i) }, { y: one.y }))
            )
          )
        )
      )
    })
  )

/** between 0 and 1; along the last axis they sum to 1 */
const probabilitiesOf = (kind: ActivationDefinition, x: Tensor): Verdict =>
  pipe(
    at(kind, x),
    E.chain(({ y }) => {
      const ys = Array.from(numbersOf(y))
      const width = y.shape.at(-1) ?? 1
      const outside = ys.find(p => !(p >= 0 && p <= 1))
      const sums = Array.from({ length: ys.length / width }, (_, i) =>
        ys.slice(i * width, (i + 1) * width).reduce((a, b) => a + b, 0)
      )
      return pipe(
        holds(outside === undefined, () => `${outside} is no probability`),
        E.chain(() =>
          every(kind.along === 'lastAxis' ? sums : [], s =>
            holds(Math.abs(s - 1) < 1e-5, () => `probabilities add up to ${s}`)
          )
        )
      )
    })
  )

const large = [1e4, 1e4, 1e3, 88.8, 20, 6, 3, 1, 0]
const anywhere = [...large, 1e-3, 1e-8, 1e-38, 1e-45, 1e8, 3e38]

/**
 * The laws of an activation:
 * - json: a layer with it goes to JSON and back
 * - gradient: against difference quotients in f64
 * - kinks: value and slope jump only where the definition says (for elementwise activations)
 * - finite: value and slope are finite up to inputs of 10,000 either way, in f32 and f64
 * - alone: the shape stays; each number, or each list along the last axis, is mapped independently of the others
 * - probabilities: if the definition says that it gives them, they are from 0 to 1, and sum to 1 along the last axis
 * - purity, backends: the same bits twice, and on the reference and compiled, forward and backward
 *
 * @example for (const { name, property } of activationLaws(cube)) test(name, () => fc.assert(property))
 */
export const activationLaws = (kind: ActivationDefinition, registry: LayerRegistry = builtInLayers): readonly Law[] => {
  const { tag: name } = kind
  const all = extend(registry, { activations: [kind] })
  const shape = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }))
  const drawn = fc.record({ shape, seed, dtype: floatType })
  const some = (a: { readonly dtype: FloatType; readonly shape: Dims; readonly seed: number }, of = large): Tensor =>
    extremes(a.dtype, a.shape, a.seed, of)
  return lawsOf(`activation ${name}`, [
    jsonLaw(layerCodec(all), [activation(name as ActivationName)]),
    law('gradient', drawn, a => gradientOf(kind, numbers('f64', a.shape, a.seed, [-6, 6]))),
    ...(kind.along === 'each'
      ? [
          law(
            'kinks',
            fc.oneof(
              fc.integer({ min: -20, max: 20 }).map(n => n / 2),
              uniform(-12, 12)
            ),
            x => smoothAt(kind, x)
          )
        ]
      : []),
    law('finite', drawn, a => E.chain(allFinite)(at(kind, some(a)))),
    law('alone', drawn, a => aloneOf(kind, some(a))),
    ...(kind.gives === 'probabilities' ? [law('probabilities', drawn, a => probabilitiesOf(kind, some(a)))] : []),
    ...computationLaws([name], fc.record({ shape }), (_, a) => {
      const x = input('x', a.dtype, a.shape)
      const y = kind.formula(x)
      return E.right({ outputs: { y, ...slopes([y], { x }) }, inputs: { x: some(a, anywhere) } })
    })
  ])
}
