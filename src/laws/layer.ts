/** The laws of layers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { reference } from '../backend/reference/reference.js'
import { constant } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { program } from '../expr/program.js'
import { fanOut, parallel } from '../layer/combinator/branches.js'
import { layerCodec } from '../layer/codecs.js'
import { tanh } from '../layer/activation.js'
import { dense } from '../layer/dense.js'
import { flatten } from '../layer/flatten.js'
import type { LayerDefinition, LayerRegistry, Layer, ParamSpec, Sample, StateSpec } from '../layer/definition.js'
import { mergeConcat } from '../layer/combinator/merge.js'
import { modelData, ofIndices, type Model } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { extend } from '../registry/extend.js'
import { reshape } from '../layer/reshape.js'
import { sequential } from '../layer/combinator/sequential.js'
import { initFrom } from '../model/init.js'
import { build } from '../model/build.js'
import { childKey, rootKey } from '../random/index.js'
import { checkGradient, type ExprsLike } from '../backend/gradient-check.js'
import { builtInTraining } from '../train/registry.js'
import { isDims, sameShape, showShape, sizeOf, type Dims, type Shape } from '../value/shape.js'
import { isFloat, type Aval, type FloatType, type Tensor } from '../value/tensor.js'
import { child, treeLeaves, mapTree, type Branch } from '../value/tree.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, seed, worded, type Law, type Verdict } from './law.js'
import { resumeLaw, smallOutput } from './resume.js'
import { apply, computed, exprsIn, formulaOf, namedOutputs, placedAt, valuesOf, type At } from './sample.js'
import { allFinite, computationLaws, exampleOf, floatType, sameValues, slopes, weighted } from './values.js'

// ---- laws that only layers have

const outputShapes = (s: Shape): readonly Dims[] => (isDims(s) ? [s] : s.flatMap(outputShapes))
const sameAval = (what: string, wanted: Aval, got: Aval | undefined): Verdict =>
  holds(
    got !== undefined && got.dtype === wanted.dtype && sameShape(got.shape, wanted.shape),
    () => `${what} is ${got?.dtype}${showShape(got?.shape ?? [])}, said to be ${wanted.dtype}${showShape(wanted.shape)}`
  )
const sameForm = (what: string, specs: Branch<ParamSpec | StateSpec>, got: Branch<Tensor>): Verdict => {
  const there = new Map(treeLeaves<Tensor>(got))
  const wanted = treeLeaves<ParamSpec | StateSpec>(specs)
  return pipe(
    every(wanted, ([path, spec]) => sameAval(`${what} ${path}`, spec, there.get(path))),
    E.chain(() =>
      holds(there.size === wanted.length, () => `${there.size} tensors of ${what}, said to be ${wanted.length}`)
    )
  )
}
const shapeOf = (sample: Sample<Layer>, registry: LayerRegistry, a: Drawn): Verdict =>
  pipe(
    placedAt(sample, registry, a.dtype, a.batch, a.seed),
    E.chain(at =>
      pipe(
        every([true, false], training =>
          pipe(
            computed(at, training),
            E.chain(values => {
              const wanted = outputShapes(at.placed.output).map(s => ({ dtype: a.dtype, shape: [a.batch, ...s] }))
              const after = Object.entries(values).flatMap(([name, t]) =>
                name.startsWith('state after/') ? [[name.slice('state after/'.length), t] as const] : []
              )
              return pipe(
                every(wanted, (w, i) => sameAval(`output ${i}`, w, values[`output ${i}`])),
                E.chain(() =>
                  holds(
                    Object.keys(values).length - after.length === wanted.length,
                    () => `${Object.keys(values).length - after.length} outputs, said to be ${wanted.length}`
                  )
                ),
                // paths serve as labels here
                E.chain(() =>
                  sameForm(
                    'running statistics',
                    Object.fromEntries(treeLeaves(at.placed.state)),
                    Object.fromEntries(after)
                  )
                )
              )
            })
          )
        ),
        E.chain(() => {
          const first = initFrom(at.placed, childKey(rootKey(a.seed), 'init'), registry)
          return pipe(
            sameForm('parameters', at.placed.params, first),
            E.chain(() => allFinite(Object.fromEntries(treeLeaves<Tensor>(first))))
          )
        })
      )
    )
  )

const gradientOf = (sample: Sample<Layer>, registry: LayerRegistry, a: Drawn): Verdict =>
  pipe(
    placedAt(sample, registry, 'f64', a.batch, a.seed),
    E.chain(at =>
      pipe(
        worded(
          checkGradient(
            reference,
            (exprs: ExprsLike<Branch<Tensor<Dims, 'f64'>>>) => {
              const fixed = mapTree<Tensor, Expr>(t => constant(t))({ ...at.tree, params: {} }) as Branch<Expr>
              const tree = { ...fixed, ...(exprs as Branch<Expr>) }
              return weighted(exprsIn(apply(at, tree, a.training, constant(at.key)).value))
            },
            // an index has no neighbours
            { ...(sample.indexes === undefined ? { x: child(at.tree, 'x') } : {}), params: child(at.tree, 'params') },
            { most: 24, tolerance: 2e-6 }
          )
        ),
        E.chain(({ ok, worst }) => holds(ok, () => `the gradient is off: ${JSON.stringify(worst)}`))
      )
    )
  )

/**
 * inference draws nothing and keeps running statistics; a layer without random draws and statistics computes the same
 * in both modes
 */
const inferenceOf = (sample: Sample<Layer>, registry: LayerRegistry, a: Drawn): Verdict =>
  pipe(
    E.Do,
    E.bind('at', () => placedAt(sample, registry, a.dtype, a.batch, a.seed)),
    E.bind('inference', ({ at }) => worded(program(namedOutputs(formulaOf(at, false).applied)))),
    E.bind('training', ({ at }) => worded(program(namedOutputs(formulaOf(at, true).applied)))),
    E.chainFirst(({ inference }) => holds(inference.inputs['key'] === undefined, () => 'inference depends on the key')),
    E.bind('seen', ({ at }) => computed(at, false)),
    E.chainFirst(({ at, seen }) =>
      every(treeLeaves<Tensor>(child(at.tree, 'state')), ([path, t]) =>
        sameValues({ [path]: t }, { [path]: seen[`state after/${path}`] as Tensor })
      )
    ),
    E.chain(({ at, training, seen }) =>
      training.inputs['key'] !== undefined || treeLeaves(at.placed.state).length > 0
        ? E.right(seen)
        : pipe(
            computed(at, true),
            E.chain(trained => sameValues(seen, trained))
          )
    )
  )

/** the bits of an example in inference mode, alone and in its batch */
const independenceOf = (sample: Sample<Layer>, registry: LayerRegistry, a: Drawn): Verdict =>
  pipe(
    E.Do,
    E.bind('at', () => placedAt(sample, registry, a.dtype, a.batch, a.seed)),
    E.bind('all', ({ at }) => computed(at, false)),
    E.chain(({ at, all }) =>
      every([...Array(a.batch).keys()], i => {
        const x = mapTree<Tensor, Tensor>(t => exampleOf(t, i))(child<Tensor>(at.tree, 'x'))
        const outputs = Object.entries(all).filter(([name]) => name.startsWith('output'))
        return pipe(
          computed({ ...at, tree: { ...at.tree, x } as At['tree'] }, false),
          E.chain(one =>
            every(outputs, ([name, t]) => sameValues({ [name]: exampleOf(t, i) }, { [name]: one[name] as Tensor }))
          )
        )
      })
    )
  )

// ---- a model around any layer

const toShape = (s: Shape): Layer =>
  isDims(s) ? sequential(dense(sizeOf(s)), reshape(...s)) : fanOut(...s.map(toShape))
const toOne = (s: Shape): Layer => (isDims(s) ? flatten : sequential(parallel(...s.map(toOne)), mergeConcat))
const around = ({ layer, input, indexes }: Sample<Layer>, registry: LayerRegistry): Model => {
  const placed = build(modelData(input, layer), registry)
  const output = E.isRight(placed) ? placed.right.output : []
  const ends = [dense(sizeOf(smallOutput)), tanh]
  return (indexes === undefined
    ? modelData([3], ...[toShape(input), layer, toOne(output), ...ends])
    : ofIndices(modelData(input, ...[layer, toOne(output), ...ends]))) as unknown as Model
}

interface Drawn {
  readonly dtype: FloatType
  readonly batch: number
  readonly training: boolean
  readonly seed: number
}

/**
 * The laws of a layer, for each sample of its definition, random inputs, parameters and running statistics:
 * - json: it goes to JSON and back; unknown fields are refused
 * - shape: outputs, running statistics and initial parameters have the shapes of its shape rule
 * - gradient: of inputs and parameters, in training and in inference, against difference quotients in f64
 * - purity: the same inputs and key give the same bits, and are not changed
 * - backends: the same bits on the reference and compiled, forward and backward, in training and in inference
 * - inference: draws nothing and keeps running statistics; a layer without either computes the same as in training
 * - independence: in inference the bits of an example do not depend on the batch it came in
 * - resume: a training of a model with it, interrupted, written to bytes, read and resumed, gives the bits of an
 *   uninterrupted one
 *
 * @param registry other definitions that its samples use; the definition itself is added
 * @example for (const { name, property } of layerLaws(scaleKind)) test(name, () => fc.assert(property))
 */
export const layerLaws = (kind: LayerDefinition<Layer>, registry: LayerRegistry = builtInLayers): readonly Law[] => {
  const all = extend(registry, { layers: [kind] })
  const samples = kind.samples
  const batch = fc.integer({ min: 1, max: 4 })
  const drawn = fc.record({ dtype: floatType, batch, training: fc.boolean(), seed })
  const each = (name: string, judge: (sample: Sample<Layer>, registry: LayerRegistry, a: Drawn) => Verdict): Law =>
    law(name, drawn, a => everySample(samples, sample => judge(sample, all, a)))
  return lawsOf(kind.tag, [
    jsonLaw(
      layerCodec(all),
      samples.map(s => s.layer)
    ),
    each('shape', shapeOf),
    each('gradient', gradientOf),
    ...computationLaws(samples, fc.record({ batch, training: fc.boolean() }), (sample, a) =>
      pipe(
        placedAt(sample, all, a.dtype, a.batch, a.seed),
        E.map(at => {
          const { tree, applied } = formulaOf(at, a.training)
          const leaves = treeLeaves<Expr>({ x: child(tree, 'x'), params: child(tree, 'params') })
          const by = Object.fromEntries(leaves.filter(([, e]) => isFloat(e.dtype)))
          return {
            outputs: { ...namedOutputs(applied), ...slopes(exprsIn(applied.value), by) },
            inputs: valuesOf(at)
          }
        })
      )
    ),
    each('inference', inferenceOf),
    each('independence', independenceOf),
    resumeLaw(samples, { ...builtInTraining, ...all }, sample => ({
      model: around(sample, all),
      ...(sample.indexes === undefined ? {} : { indexes: sample.indexes })
    }))
  ])
}
