/** The laws of losses. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import type { Values } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'
import { constant, input } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { identity } from '../layer/activation.js'
import { modelData, type Model } from '../layer/model.js'
import { sameData } from '../value/equal.js'
import { checkGradient } from '../backend/gradient-check.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { checkLoss, targetShapeOf } from '../train/loss/loss.js'
import { batchLoss, knownLoss, type KnownLoss, type Loss, type LossDefinition } from '../train/loss/index.js'
import { sgd } from '../train/optimizer/index.js'
import { startState } from '../train/start.js'
import type { Batch } from '../train/examples.js'
import { stepOf, type Step } from '../train/step.js'
import { epochs } from '../train/stop/index.js'
import { training } from '../train/training.js'
import { sameShape, showShape, sizeOf, type Dims } from '../value/shape.js'
import { allocate, numbersOf, tensorView, type DType, type FloatType, type Tensor } from '../value/tensor.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, seed, worded, type Law, type Verdict } from './law.js'
import { compute, computationLaws, exampleOf, floatType, numbers, sameValues, slopes } from './values.js'

/** output shapes of one example; each loss is tested with those that it takes */
const shapes: readonly Dims[] = [[1], [2], [3], [4], [2, 3], [2, 1, 2]]
const suited = (loss: KnownLoss): readonly Dims[] => shapes.filter(s => E.isRight(checkLoss(loss, s, undefined, 'f64')))
const someShape = (loss: KnownLoss, choice: number): Verdict<Dims> => {
  const all = suited(loss)
  const shape = all[choice % Math.max(1, all.length)]
  return shape === undefined
    ? E.left(`it takes outputs of none of the shapes ${shapes.map(showShape).join(', ')}`)
    : E.right(shape)
}

// ---- valid outputs and targets

const outputs = ({ expects }: KnownLoss, dtype: FloatType, shape: Dims, from: number): Tensor =>
  numbers(dtype, shape, from, expects === 'probabilities' ? [0.05, 0.95] : [-3, 3])
/** classes: rows of probabilities, and every other time a single one; else numbers as far apart as outputs are, or from 0 to 1 */
const targets = ({ expects, classIndexes, target }: KnownLoss, dtype: FloatType, shape: Dims, from: number): Tensor => {
  const any = (expects === 'values' || expects === 'parameters') && target?.is(-1) !== false
  if (!classIndexes) return numbers(dtype, shape, from, any ? [-3, 3] : [0, 1])
  const width = shape.at(-1) ?? 1
  const all = Array.from(numbersOf(numbers('f64', shape, from, [0, 1])))
  const rows = Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width))
  const made = rows.flatMap((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0)
    const largest = row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity))
    return i % 2 === 0 ? row.map((_, j) => (j === largest ? 1 : 0)) : row.map(p => p / sum)
  })
  return tensorView(dtype, shape, allocate(dtype, made))
}

interface Drawn {
  readonly choice: number
  readonly batch: number
  readonly seed: number
  readonly dtype: FloatType
}
interface Tried {
  readonly loss: KnownLoss
  readonly shape: Dims
  readonly inputs: Values & { readonly output: Tensor; readonly target: Tensor }
}
const tried = (loss: KnownLoss, a: Drawn): Verdict<Tried> =>
  pipe(
    someShape(loss, a.choice),
    E.map(one => {
      const shape = [a.batch, ...one]
      return {
        loss,
        shape: one,
        inputs: {
          output: outputs(loss, a.dtype, shape, a.seed),
          target: targets(loss, a.dtype, [a.batch, ...targetShapeOf(loss, one)], a.seed + 1)
        }
      }
    })
  )
const formulaOf = ({ loss, inputs: { output, target } }: Tried): { readonly output: Expr; readonly losses: Expr } => {
  const y = input('output', output.dtype, output.shape)
  return { output: y, losses: loss.formula(y, input('target', target.dtype, target.shape)) }
}
const lossesOf = (t: Tried): Verdict<Tensor> =>
  pipe(
    compute(reference)({ losses: formulaOf(t).losses }, t.inputs),
    E.map(r => r['losses'] as Tensor)
  )

// ---- laws that only losses have

const shapeOf = (loss: KnownLoss, a: Drawn): Verdict =>
  pipe(
    tried(loss, a),
    E.chain(lossesOf),
    E.chain(l =>
      holds(
        l.dtype === a.dtype && sameShape(l.shape, [a.batch]),
        () => `losses are ${l.dtype}${showShape(l.shape)}, not ${a.dtype}[${a.batch}]`
      )
    )
  )

const gradientOf = (loss: KnownLoss, a: Drawn): Verdict =>
  pipe(
    tried(loss, { ...a, dtype: 'f64' }),
    E.chain(({ inputs }) =>
      worded(
        checkGradient(
          reference,
          (y: Expr) =>
            batchLoss(loss.formula(y, constant(inputs.target)), constant(numbers('f64', [a.batch], a.seed, [0.5, 2]))),
          inputs.output as Tensor<Dims, 'f64'>,
          { tolerance: 2e-6 }
        )
      )
    ),
    E.chain(({ ok, worst }) => holds(ok, () => `the gradient is off: ${JSON.stringify(worst)}`))
  )

const independenceOf = (loss: KnownLoss, a: Drawn): Verdict =>
  pipe(
    E.Do,
    E.bind('t', () => tried(loss, a)),
    E.bind('all', ({ t }) => lossesOf(t)),
    E.chain(({ t, all }) =>
      every([...Array(a.batch).keys()], i => {
        const inputs = { output: exampleOf(t.inputs.output, i), target: exampleOf(t.inputs.target, i) }
        return pipe(
          lossesOf({ ...t, inputs }),
          E.chain(alone => sameValues({ loss: exampleOf(all, i) }, { loss: alone }))
        )
      })
    )
  )

/** a step of a training whose model returns its inputs, so that these can be any outputs that the loss takes */
const stepWith = (registry: TrainingRegistry, loss: Loss, shape: Dims): Verdict<(b: Batch) => ReturnType<Step>> => {
  const t = training({
    model: modelData(shape, identity) as unknown as Model,
    loss,
    optimizer: sgd(0.1),
    stop: epochs(1)
  })
  return worded(
    pipe(
      E.Do,
      E.bind('step', () => stepOf(t, { backend: reference, registry })),
      E.bindW('state', () => startState(t, { registry })),
      E.map(
        ({ step, state }) =>
          b =>
            step(state, b)
      )
    )
  )
}
const filled = (dtype: DType, shape: Dims): Tensor => tensorView(dtype, shape, allocate(dtype, sizeOf(shape)))

/** shapes close to the right one */
const wrongTargets = (batch: number, lead: Dims, example: Dims, target: Dims): readonly Dims[] => [
  [batch],
  [...lead, 1],
  [...target, 1],
  [...lead, (example.at(-1) ?? 1) + 1],
  [1, ...example],
  [batch + 1, ...example]
]

const targetsOf = (registry: TrainingRegistry, sample: Loss, a: Drawn): Verdict => {
  const loss = knownLoss(registry.losses, sample)
  const lossIn = (step: (b: Batch) => ReturnType<Step>, b: Batch): Verdict<number> =>
    pipe(
      worded(step(b)),
      E.map(s => s.report.loss)
    )
  return pipe(
    E.Do,
    E.bind('t', () => tried(loss, { ...a, dtype: 'f32' })),
    E.bind('step', ({ t }) => stepWith(registry, sample, t.shape)),
    E.chain(({ t, step }) => {
      const { output: x, target: y } = t.inputs
      const lead = [a.batch, ...t.shape.slice(0, -1)]
      const isSingle = sameShape(y.shape.slice(1), [1])
      const indexes = filled('u32', lead)
      const rows = tensorView(
        'f32',
        y.shape,
        Float32Array.from(numbersOf(y), (_, i) => (i % (t.shape.at(-1) ?? 1) === 0 ? 1 : 0))
      )
      return pipe(
        lossIn(step, { x, y }),
        E.chain(() =>
          every(
            // a single output may have a single number for each example
            wrongTargets(a.batch, lead, t.shape, y.shape).filter(
              s => !sameShape(s, y.shape) && !(isSingle && s.length === 1)
            ),
            s =>
              holds(
                E.isLeft(step({ x, y: filled('f32', s) })),
                () => `targets ${showShape(s)} are taken for outputs ${showShape(x.shape)}`
              )
          )
        ),
        E.chain(() =>
          loss.classIndexes
            ? pipe(
                E.Do,
                E.bind('byIndex', () => lossIn(step, { x, y: indexes })),
                E.bind('byRow', () => lossIn(step, { x, y: rows })),
                E.chain(({ byIndex, byRow }) =>
                  holds(Object.is(byIndex, byRow), () => `class 0 as an index gives ${byIndex}, as a row ${byRow}`)
                )
              )
            : isSingle
              ? holds(
                  sameData(lossIn(step, { x, y: indexes }), lossIn(step, { x, y: filled('f32', y.shape) })),
                  () => 'numbers of another element type mean something else'
                )
              : holds(E.isLeft(step({ x, y: indexes })), () => 'class indexes are taken')
        )
      )
    })
  )
}

/**
 * The laws of a loss, for each of its samples, random outputs and targets of the shapes that it takes:
 * - json: it goes to JSON and back; unknown fields are refused
 * - shape: one loss for each example, [K], of the outputs' element type
 * - gradient: by the outputs, against difference quotients in f64
 * - independence: the bits of an example's loss do not depend on the other examples
 * - targets: targets with another shape than the outputs are refused, never broadcast; class indexes are equivalent to
 *   one-hot rows if the definition takes them, else they are refused. A single output may have one number for each
 *   example, of any type.
 * - purity, backends: the same bits twice, and on the reference and compiled, forward and backward
 *
 * @param registry other definitions that its samples use; the definition itself is added
 * @example for (const { name, property } of lossLaws(hingeKind)) test(name, () => fc.assert(property))
 */
export const lossLaws = (kind: LossDefinition<Loss>, registry: TrainingRegistry = builtInTraining): readonly Law[] => {
  const all = extend(registry, { losses: [kind] })
  const { samples } = kind
  const known = (sample: Loss): KnownLoss => knownLoss(all.losses, sample)
  const choices = { choice: fc.nat({ max: 59 }), batch: fc.integer({ min: 1, max: 5 }) }
  const drawn = fc.record({ ...choices, seed, dtype: floatType })
  const each = (name: string, judge: (loss: KnownLoss, a: Drawn) => Verdict): Law =>
    law(name, drawn, a => everySample(samples, s => judge(known(s), a)))
  return lawsOf(`loss ${kind.tag}`, [
    jsonLaw(codecsOf(all).loss, samples),
    each('shape', shapeOf),
    each('gradient', gradientOf),
    each('independence', independenceOf),
    law('targets', drawn, a => everySample(samples, s => targetsOf(all, s, a))),
    ...computationLaws(samples, fc.record(choices), (sample, a) =>
      pipe(
        tried(known(sample), a),
        E.map(t => {
          const { output, losses } = formulaOf(t)
          return { outputs: { losses, ...slopes([losses], { output }) }, inputs: t.inputs }
        })
      )
    )
  ])
}
