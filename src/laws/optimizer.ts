/** The laws of optimizers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import type { Values } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'
import { input, node } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { meanSquaredError } from '../train/loss/index.js'
import {
  optimizerInterpreter,
  type Optimizer,
  type OptimizerDefinition,
  type Updated
} from '../train/optimizer/index.js'
import type { Interpreter } from '../train/optimizer/optimizer.js'
import { updated, type Carried } from '../train/optimizer/updated.js'
import { notStarted } from '../train/progress.js'
import { scheduleInterpreter } from '../train/schedule/index.js'
import { startState } from '../train/start.js'
import type { TrainState } from '../train/state.js'
import { epochs } from '../train/stop/index.js'
import { training } from '../train/training.js'
import { shapeError } from '../value/error.js'
import { sameShape, showShape } from '../value/shape.js'
import { filledTensor, numbersOf, type FloatType, type Tensor } from '../value/tensor.js'
import { treeLeaves, mapTree, type Branch } from '../value/tree.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, seed, worded, type Law, type Verdict } from './law.js'
import { resumeLaw, smallModel } from './resume.js'
import { allFinite, compute, computationLaws, extremes, floatType, streamOf, type Computation } from './values.js'

interface Drawn {
  readonly seed: number
  readonly dtype: FloatType
}
/** sizes of gradients: zero, tiny, ordinary and very large */
const gradientSizes = [0, 1e-30, 1e-8, 1e-3, 1, 1, 100, 1e6]
const steps = [0, 1, 2]

/** a member that omits a parameter, or uses a slot that it has not declared, gives an error instead of an update */
const watched = (self: Interpreter): Interpreter => ({
  ...self,
  update: (o, label, given): Updated => {
    const r = self.update(o, label, given)
    const declared = Object.keys(self.slots(o, label))
    const strange = [...Object.keys(r.slots), ...Object.keys(r.scalars)].find(name => !declared.includes(name))
    const said = strange === undefined ? 'no update' : `the slot ${strange}, which it has not declared`
    const no = (path: string): Expr =>
      node('invalid', [], { error: shapeError([path], 'an update and declared slots', said) })
    return {
      ...r,
      updates: new Map(
        [...given.params.keys()].map(p => [p, (strange === undefined ? r.updates.get(p) : undefined) ?? no(p)])
      )
    }
  }
})

const startOf = (o: Optimizer, registry: TrainingRegistry, { dtype, seed }: Drawn): Verdict<TrainState> =>
  worded(
    startState(
      training({ model: smallModel, loss: meanSquaredError, optimizer: o, stop: epochs(1), precision: dtype, seed }),
      { registry }
    )
  )

const asInputs = (prefix: string, tree: Branch<Tensor>): Branch<Expr> =>
  mapTree<Tensor, Expr>((t, path) => input(path, t.dtype, t.shape))(tree, prefix) as Branch<Expr>
/** a few consecutive updates, from the start of a run */
const updatesOf = (
  o: Optimizer,
  registry: TrainingRegistry,
  a: Drawn,
  order: 'given' | 'reversed' = 'given'
): Verdict<Computation> =>
  pipe(
    startOf(o, registry, a),
    E.map(({ params, optimizer }) => {
      const self = optimizerInterpreter(registry.optimizers)
      const turned = <A>(xs: readonly A[]): readonly A[] => (order === 'given' ? xs : [...xs].reverse())
      const at = turned(treeLeaves<Tensor>(params))
      const name = (i: number, path: string): string => `gradient ${i}/${path}`
      const first: Carried = {
        params: new Map(
          turned(
            treeLeaves<Expr>(mapTree<Tensor, Expr>((t, path) => input(`params/${path}`, t.dtype, t.shape))(params))
          )
        ),
        slots: asInputs('optimizer', optimizer)
      }
      const states = steps.reduce<readonly Carried[]>((done, i) => {
        const gradients = new Map(at.map(([path, t]) => [path, input(name(i, path), t.dtype, t.shape)] as const))
        return [...done, updated(watched(self), o, done.at(-1) ?? first, gradients, a.dtype)]
      }, [])
      const { value, start } = scheduleInterpreter(registry.schedules)
      const settings = Object.entries(self.settings(o, '')).map(
        ([name, s]) => [`setting/${name}`, filledTensor(a.dtype, [], value(s, notStarted, start(s)))] as const
      )
      const gradients = steps.flatMap(i =>
        at.map(
          ([path, t]) =>
            [name(i, path), extremes(a.dtype, t.shape, streamOf(a.seed, name(i, path)), gradientSizes)] as const
        )
      )
      return {
        outputs: Object.fromEntries(
          states.flatMap(({ params, slots }, i) => [
            ...[...params].map(([path, e]) => [`${i}/params/${path}`, e] as const),
            ...treeLeaves<Expr>(slots, `${i}/optimizer`)
          ])
        ),
        inputs: Object.fromEntries([
          ...treeLeaves<Tensor>(params, 'params'),
          ...treeLeaves<Tensor>(optimizer, 'optimizer'),
          ...gradients,
          ...settings
        ])
      }
    })
  )
const computed = (c: Computation): Verdict<Values> => compute(reference)(c.outputs, c.inputs)

const shapeOf = (o: Optimizer, registry: TrainingRegistry, a: Drawn): Verdict =>
  pipe(
    updatesOf(o, registry, a),
    E.chain(c =>
      pipe(
        computed(c),
        E.chain(values =>
          every(Object.entries(values), ([name, after]) => {
            const before = c.inputs[name.slice('0/'.length)]
            return holds(
              before !== undefined && before.dtype === after.dtype && sameShape(before.shape, after.shape),
              () => `${name} becomes ${after.dtype}${showShape(after.shape)}`
            )
          })
        )
      )
    )
  )

/** equal up to the order of f64 additions */
const close = (a: Values, b: Values): Verdict =>
  every(Object.entries(a), ([name, t]) => {
    const ys = numbersOf(b[name] as Tensor)
    const off = Array.from(numbersOf(t)).findIndex((x, i) => {
      const y = ys[i] as number
      return Math.abs(x - y) > 1e-9 * Math.max(1, Math.abs(x), Math.abs(y))
    })
    return holds(off < 0, () => `${name}[${off}] depends on the order of the parameters`)
  })
const orderOf = (o: Optimizer, registry: TrainingRegistry, a: Drawn): Verdict =>
  pipe(
    E.Do,
    E.bind('given', () => E.chain(computed)(updatesOf(o, registry, { ...a, dtype: 'f64' }))),
    E.bind('reversed', () => E.chain(computed)(updatesOf(o, registry, { ...a, dtype: 'f64' }, 'reversed'))),
    E.chain(({ given, reversed }) => close(given, reversed))
  )

/**
 * The laws of an optimizer, for each of its samples and a few updates of the parameters of a small network
 * (`dense/weight`,
 * `dense/bias`, `dense2/weight`, `dense2/bias`), which the samples must suit:
 * - json: it goes to JSON and back, its schedules too; unknown fields are refused
 * - shape: every parameter has an update; slots are those declared, and keep their shapes
 * - finite: parameters and slots stay finite for gradients from 0 to 1,000,000, in f32 and f64
 * - order: the order of parameters does not matter, up to the order of f64 additions (1e-9)
 * - purity, backends: the same bits twice, and on the reference and compiled
 * - resume: a training with it, interrupted, written to bytes, read and resumed, gives the bits of an uninterrupted one
 *
 * @param registry other definitions that its samples use; the definition itself is added
 * @example for (const { name, property } of optimizerLaws(signKind)) test(name, () => fc.assert(property))
 */
export const optimizerLaws = (
  kind: OptimizerDefinition<Optimizer>,
  registry: TrainingRegistry = builtInTraining
): readonly Law[] => {
  const all = extend(registry, { optimizers: [kind] })
  const { samples } = kind
  const drawn = fc.record({ seed, dtype: floatType })
  const each = (name: string, judge: (o: Optimizer, registry: TrainingRegistry, a: Drawn) => Verdict): Law =>
    law(name, drawn, a => everySample(samples, s => judge(s, all, a)))
  return lawsOf(`optimizer ${kind.tag}`, [
    jsonLaw(codecsOf(all).optimizer, samples),
    each('shape', shapeOf),
    each('finite', (o, f, a) => pipe(updatesOf(o, f, a), E.chain(computed), E.chain(allFinite))),
    each('order', orderOf),
    ...computationLaws(samples, fc.record({}), (sample, a) => updatesOf(sample, all, a)),
    resumeLaw(samples, all, optimizer => ({ optimizer }))
  ])
}
