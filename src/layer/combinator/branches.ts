/** The product of layers: `parallel` gives every branch its own input, `fanOut` gives every branch the same one. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { list } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { showShape, type Shape } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import type { Branch } from '../../value/tree.js'
import { tanh } from '../activation.js'
import { dense } from '../dense.js'
import type { LayerDefinition, Layer } from '../definition.js'
import type { Entry, EntryOf, ParamsFor } from '../types/params.js'
import { composeParallel, tupleOf } from '../compose.js'
import { indexesOfAll, indexesOfParts } from '../indexes.js'
import type { AnyFail, Fail, Inside, Show } from '../types/fail.js'
import type { Clash, FromList, LabelsOf, Out, Twice } from '../types/infer.js'

export interface Parallel<Ls extends readonly Layer[] = readonly Layer[]> {
  readonly tag: 'parallel'
  readonly layers: Ls
}
export interface FanOut<Ls extends readonly Layer[] = readonly Layer[]> {
  readonly tag: 'fanOut'
  readonly layers: Ls
}
type AnyParallel = Parallel
type AnyFanOut = FanOut
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly parallel: AnyParallel
    readonly fanOut: AnyFanOut
  }
  interface ShapeRules<L, In> {
    readonly parallel: L extends Parallel<infer Ls> ? ParallelOut<Ls, In> : never
    readonly fanOut: L extends FanOut<infer Ls> ? BranchesOut<Ls, Same<Ls, In>> : never
  }
  interface ParamRules<L, In> {
    readonly parallel: L extends Parallel<infer Ls> ? BranchesParams<Ls, In> : never
    readonly fanOut: L extends FanOut<infer Ls> ? BranchesParams<Ls, Same<Ls, In>> : never
  }
  interface BranchRules<L> {
    readonly parallel: L extends Parallel<infer Ls> ? Ls : never
    readonly fanOut: L extends FanOut<infer Ls> ? Ls : never
  }
}
type Same<Ls extends readonly unknown[], In> = { readonly [I in keyof Ls]: In }
type ParallelOut<Ls extends readonly unknown[], In> = In extends readonly Shape[]
  ? number extends Ls['length']
    ? FromList
    : Ls['length'] extends 0 | In['length']
      ? BranchesOut<Ls, In>
      : Fail<`${Ls['length']} inputs, one for each branch`, Show<In>>
  : Fail<'several inputs, one for each branch', Show<In>, 'use fanOut to give every branch the same input'>
type BranchesOut<Ls extends readonly unknown[], Ins> = number extends Ls['length']
  ? FromList
  : Ls extends readonly []
    ? NoBranch
    : [Clash<Ls>] extends [never]
      ? Outputs<Ls, LabelsOf<Ls>, Ins>
      : Twice<Clash<Ls>>
/** the outputs of the branches, or the first Fail */
type Outputs<Ls, Names, Ins, Acc extends readonly unknown[] = []> = Ls extends readonly [
  infer H extends Layer,
  ...infer T
]
  ? Ins extends readonly [infer I, ...infer IT]
    ? Names extends readonly [infer K extends string, ...infer NT]
      ? Out<H, I> extends infer O
        ? O extends AnyFail
          ? Inside<K, O>
          : Outputs<T, NT, IT, [...Acc, O]>
        : never
      : never
    : never
  : Acc
type BranchesParams<Ls extends readonly unknown[], Ins> = number extends Ls['length']
  ? Branch<Tensor>
  : BranchEntries<Ls, LabelsOf<Ls>, Ins> extends infer E extends Entry
    ? { readonly [X in E as X[0]]: X[1] }
    : never
type BranchEntries<Ls, Names, Ins, Acc extends Entry = never> = Ls extends readonly [infer H extends Layer, ...infer T]
  ? Ins extends readonly [infer I, ...infer IT]
    ? Names extends readonly [infer K extends string, ...infer NT]
      ? BranchEntries<T, NT, IT, Acc | EntryOf<K, ParamsFor<H, I>>>
      : never
    : never
  : Acc
type NoBranch = Fail<'at least one branch', 'none'>
const noBranch = shapeError([], 'at least one branch', 'none')

/**
 * Branches that each take their own input: (x, y) -> (f(x), g(y)).
 *
 * @example model(inputs(input(3), input(4)), parallel(dense(2), dense(2)), mergeAdd)
 */
export const parallel = <Ls extends Layer[]>(...layers: Ls): Parallel<Ls> =>
  Object.freeze({ tag: 'parallel', layers: Object.freeze(layers) })

/**
 * Branches that all take the same input: x -> (f(x), g(x)).
 *
 * @example sequential(fanOut(dense(8), dense(8)), mergeConcat)
 */
export const fanOut = <Ls extends Layer[]>(...layers: Ls): FanOut<Ls> =>
  Object.freeze({ tag: 'fanOut', layers: Object.freeze(layers) })

/** an input of several parts; the empty shape counts as none */
const isTuple = (s: Shape): s is readonly Shape[] => s.every(x => typeof x !== 'number')

const manyInputs = (got: string): ShapeError =>
  shapeError([], 'several inputs, one for each branch', got, 'use fanOut to give every branch the same input')

const checkInputs = (branches: number, input: Shape): E.Either<ShapeError, readonly Shape[]> =>
  !isTuple(input)
    ? E.left(manyInputs(showShape(input)))
    : branches === 0
      ? E.left(noBranch)
      : input.length !== branches
        ? E.left(shapeError([], `${branches} inputs, one for each branch`, showShape(input)))
        : E.right(input)

/** the definition of `parallel` */
export const parallelDefinition: LayerDefinition<Parallel> = {
  tag: 'parallel',
  fields: ({ layer }) => ({ layers: list(layer) }),
  show: () => 'parallel',
  place: ({ layers }, input, place) =>
    pipe(
      checkInputs(layers.length, input),
      E.chain(inputs => place.branches(layers, inputs)),
      E.chain(branches =>
        pipe(
          composeParallel(branches, tupleOf),
          E.map(all => ({ ...all, ...indexesOfParts(branches.map(([, layer]) => layer)) }))
        )
      )
    ),
  samples: [{ layer: parallel(dense(2), tanh), input: [[3], [2, 2]] }]
}

/** the definition of `fanOut` */
export const fanOutDefinition: LayerDefinition<FanOut> = {
  tag: 'fanOut',
  fields: ({ layer }) => ({ layers: list(layer) }),
  show: () => 'fanOut',
  place: ({ layers }, input, place) =>
    pipe(
      layers.length === 0 ? E.left(noBranch) : E.right(layers.map(() => input)),
      E.chain(inputs => place.branches(layers, inputs)),
      E.chain(branches =>
        pipe(
          composeParallel(branches, x => layers.map(() => x)),
          E.map(all => ({ ...all, ...indexesOfAll(branches.map(([, layer]) => layer)) }))
        )
      )
    ),
  samples: [{ layer: fanOut(dense(2), dense(3)), input: [3] }]
}
