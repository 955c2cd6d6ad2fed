/** What recurrent layers share: settings, the rule of their shapes, and the loop over the steps of a sequence. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as t from 'io-ts'
import { add, constant, iota, less, matmul, reshape, select, slice } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { fraction, oneOf, optional, size, withDefault, type Codec } from '../../value/codec.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isDims, sameShape, showShape, type Dims, type Shape } from '../../value/shape.js'
import type { FloatType } from '../../value/tensor.js'
import type { Branch } from '../../value/tree.js'
import { paramOf, tensorOf, tupleOf } from '../compose.js'
import type { BuildContext, BuiltLayer, Context, ParamSpec, Value } from '../definition.js'
import { dropoutBy } from '../dropout.js'
import { frozen, type Initializer } from '../initializer.js'
import type { Fail, NotKnown, Same, Show } from '../types/fail.js'
import { checkSizes, type KnownSize, type Sized } from '../types/size.js'
import { asLoop, writtenOut, type Direction, type Loop, type Outputs, type State, type Steps } from './steps.js'

export type { Direction, Loop, Outputs } from './steps.js'

/** the state before the first step: zeros, or further inputs of the layer */
export type InitialState = 'zeros' | 'given'

/** a recurrent layer as data */
export interface Recurrent<
  N extends number = number,
  O extends Outputs = Outputs,
  G extends boolean = boolean,
  S extends InitialState = InitialState
> {
  /** how many numbers its output has at each step */
  readonly units: N
  readonly outputs: O
  readonly direction: Direction
  /** whether its second input says how many steps each example has */
  readonly lengths: G
  readonly initialState: S
  readonly initializer: Initializer
  readonly recurrentInitializer: Initializer
  /** the chance of a number of the state to be dropped on its way into the gates; absent for 0 */
  readonly recurrentDropout?: number | undefined
  /** whether the steps are a loop of the compiled program, and what its gradient stores; absent for steps that are written out */
  readonly loop?: Loop | undefined
}
export interface RecurrentSettings<O, G, S> {
  /** 'last' (the default): the output after the last step, [units]; 'all': that of each step, [steps, units] */
  readonly outputs?: O
  /** the order of the steps; default 'forward'. Outputs stay at the places of their inputs. */
  readonly direction?: Direction
  /** whether the layer has a second input [1], the number of steps of the example; default false */
  readonly lengths?: G
  /** 'zeros' (the default), or 'given': each tensor of the state is a further input [units] */
  readonly initialState?: S
  /** how the weights of the input begin; default glorotUniform. Biases begin at 0. */
  readonly initializer?: Initializer
  /** how the weights of the state begin; default orthogonal */
  readonly recurrentInitializer?: Initializer
  /**
   * the chance, in training, of a number of the state h to be dropped in the product with the recurrent weights; default 0. One mask is
   * drawn for each example and used at all of its steps, and what is kept is divided by 1 - rate (Gal and Ghahramani 2016). A GRU carries
   * on the state itself without the mask.
   */
  readonly recurrentDropout?: number
  /**
   * By default, each step is a part of the compiled program. With 'store' or 'recompute' the steps are a loop: the program holds one step,
   * so its size and the time to compile do not depend on the number of steps; the loop runs on one thread. The gradient needs what each
   * step computed: 'store' stores it, 'recompute' stores the state at about each sqrt(steps)-th step and computes the others again.
   */
  readonly loop?: Loop
}

/** settings with what was left out */
export const recurrentData = (units: number, given: RecurrentSettings<Outputs, boolean, InitialState>): Recurrent => ({
  units,
  outputs: given.outputs ?? 'last',
  direction: given.direction ?? 'forward',
  lengths: given.lengths ?? false,
  initialState: given.initialState ?? 'zeros',
  initializer: frozen(given.initializer ?? 'glorotUniform'),
  recurrentInitializer: frozen(given.recurrentInitializer ?? 'orthogonal'),
  // absent where nothing is dropped, so that such layers are the same data with and without the setting
  ...(given.recurrentDropout === undefined || given.recurrentDropout === 0
    ? {}
    : { recurrentDropout: given.recurrentDropout }),
  ...(given.loop === undefined ? {} : { loop: given.loop })
})

// ---- the rule of shapes

/** the inputs beside the sequence: the length, and the tensors of the state */
type Further<G, S, States extends 1 | 2, N extends number> = [
  ...(G extends true ? [[1]] : []),
  ...(S extends 'given' ? (States extends 2 ? [[N], [N]] : [[N]]) : [])
]
type ShowFurther<F extends readonly unknown[]> = F extends readonly [infer H, ...infer T]
  ? `, ${Show<H>}${ShowFurther<T>}`
  : ''
/** steps and features of a sequence, or undefined */
type SequenceIn<In> = In extends readonly [infer T extends number, infer F extends number] ? [T, F] : undefined
type Outcome<T extends number, N extends number, O> = O extends 'all' ? [T, N] : [N]

/** the output of a recurrent layer whose state has this many tensors, or a Fail */
export type RecurrentOut<L, In, States extends 1 | 2> =
  L extends Recurrent<infer N, infer O, infer G, infer S>
    ? Sized<N, RecurrentOver<In, Further<G, S, States, KnownSize<N>>, KnownSize<N>, O>>
    : never
type RecurrentOver<In, F extends readonly unknown[], N extends number, O> = F extends readonly []
  ? SequenceIn<In> extends [infer T extends number, unknown]
    ? Outcome<T, N, O>
    : Fail<'a sequence [steps, features]', Show<In>, 'put reshape before it'>
  : In extends readonly [infer X, ...infer Rest]
    ? SequenceIn<X> extends [infer T extends number, unknown]
      ? Same<Rest, F> extends infer R
        ? R extends true
          ? Outcome<T, N, O>
          : R extends false
            ? NoInputs<F, In>
            : NotKnown<F, Rest>
        : never
      : NoInputs<F, In>
    : NoInputs<F, In>
type NoInputs<F extends readonly unknown[], In> = Fail<`the inputs [[steps, features]${ShowFurther<F>}]`, Show<In>>

/** the features of a sequence that comes alone or with further inputs */
export type FeaturesOf<In> = In extends readonly [number, infer F extends number]
  ? F
  : In extends readonly [readonly [number, infer F extends number], ...unknown[]]
    ? F
    : never

/** steps and features of the sequence */
interface Sequence {
  readonly steps: number
  readonly features: number
}
const sequenceOf = (input: Shape): Sequence | undefined => {
  const [steps, features] = isDims(input) && input.length === 2 ? input : []
  return steps === undefined || features === undefined ? undefined : { steps, features }
}
const sequenceAmong = (layer: Recurrent, states: number, input: Shape): E.Either<ShapeError, Sequence> => {
  const { units, lengths, initialState } = layer
  const further: readonly Dims[] = [
    ...(lengths ? [[1]] : []),
    ...(initialState === 'given' ? Array.from({ length: states }, () => [units]) : [])
  ]
  if (further.length === 0) {
    const alone = sequenceOf(input)
    return alone === undefined
      ? E.left(shapeError([], 'a sequence [steps, features]', showShape(input), 'put reshape before it'))
      : E.right(alone)
  }
  const [first, ...rest] = isDims(input) ? [] : input
  const found = first === undefined ? undefined : sequenceOf(first)
  return found !== undefined && sameShape(rest, further)
    ? E.right(found)
    : E.left(
        shapeError(
          [],
          `the inputs [[steps, features]${further.map(s => `, ${showShape(s)}`).join('')}]`,
          showShape(input)
        )
      )
}

// ---- the loop

/** what a kind of recurrent layer is made of */
export interface Cell {
  /** how many blocks of `units` columns its weights have */
  readonly gates: number
  /** how many tensors its state has */
  readonly states: 1 | 2
  /** how the bias begins */
  readonly bias: Initializer
  /** parameters beside weight, recurrent and bias, of the fan of the recurrent weights */
  readonly extra?: (units: number) => Readonly<Record<string, Pick<ParamSpec, 'shape' | 'initializer' | 'role'>>>
  /**
   * from the share of the input, x W + b [n, gates units], and the state before a step to the state after it. `drop` is for the output h
   * where a product takes it.
   */
  readonly step: (
    param: (name: string) => Expr,
    units: number,
    drop: (h: Expr) => Expr
  ) => (share: Expr, state: State) => State
}
/** a cell that has received what drops numbers of its state */
interface DroppingCell extends Omit<Cell, 'step'> {
  readonly step: (param: (name: string) => Expr, units: number) => (share: Expr, state: State) => State
}
/** the cell with one mask for all steps of each example */
const withDropout = (layer: Recurrent, cell: Cell, context: Context, x: Value): DroppingCell => {
  const sequence = tensorOf(tupleOf(x)[0] ?? x)
  const given = { rate: layer.recurrentDropout ?? 0, convention: 'inverted' } as const
  const drop = dropoutBy(given, context, [sequence.shape[0] ?? 1, layer.units])
  return { ...cell, step: (param, units) => cell.step(param, units, drop) }
}

/** block k of the columns of a matrix */
export const block = (x: Expr, units: number, k: number, blocks = 1): Expr =>
  slice(x, [0, k * units], [x.shape[0] ?? 1, blocks * units])

/** what x W + b is at each step [n, steps, columns]: one product for the whole sequence */
const sharesOf = (x: Expr, param: (name: string) => Expr): Expr => {
  const [n = 1, steps = 1, features = 1] = x.shape
  const flat = add(matmul(reshape(x, [n * steps, features]), param('weight')), param('bias'))
  return reshape(flat, [n, steps, flat.shape[1] ?? 1])
}

/** Zeros behind the end of each sequence: in the gradient of the weights NaN times 0 would be NaN. */
const withoutPadding = (x: Expr, length: Expr, past: number): Expr => {
  const [n = 1, steps = 1] = x.shape
  const step = iota(length.dtype, [1, steps])
  return select(reshape(less(past === 0 ? step : add(step, past), length), [n, steps, 1]), x, 0)
}

const overSteps = (
  layer: Recurrent,
  cell: DroppingCell,
  { steps }: Sequence,
  value: Value,
  param: (n: string) => Expr
): Expr => {
  const { units, lengths, initialState, outputs, direction, loop } = layer
  const [x, ...further] = (lengths || initialState === 'given' ? tupleOf(value) : [value]).map(tensorOf) as [
    Expr,
    ...Expr[]
  ]
  const zeros = constant(0, { dtype: x.dtype, shape: [x.shape[0] ?? 1, units] })
  const length = lengths ? further[0] : undefined
  // a length is a whole number: the half keeps an inexact one on its side
  const past = length?.dtype === 'u32' ? 0 : 0.5
  const given: Steps = {
    steps,
    direction,
    outputs,
    shares: sharesOf(length === undefined ? x : withoutPadding(x, length, past), param),
    length,
    past,
    start: initialState === 'given' ? further.slice(lengths ? 1 : 0) : RA.replicate(cell.states, zeros),
    next: cell.step(param, units)
  }
  return loop === undefined ? writtenOut(given) : asLoop(given, loop)
}

const paramsOf = (layer: Recurrent, cell: Cell, features: number, dtype: FloatType): Branch<ParamSpec> => {
  const { units, initializer, recurrentInitializer } = layer
  const out = cell.gates * units
  const [fromInput, fromState] = [
    { in: features, out },
    { in: units, out }
  ]
  const extra = Object.entries(cell.extra?.(units) ?? {}).map(
    ([name, spec]) => [name, { ...spec, dtype, fan: fromState }] as const
  )
  return {
    weight: { dtype, shape: [features, out], initializer, fan: fromInput, role: 'weight' },
    recurrent: { dtype, shape: [units, out], initializer: recurrentInitializer, fan: fromState, role: 'weight' },
    bias: { dtype, shape: [out], initializer: cell.bias, fan: fromInput, role: 'bias' },
    ...Object.fromEntries(extra)
  }
}

const loop: Codec<Loop> = oneOf('store', 'recompute')
const checkLoop = (given: unknown): E.Either<ShapeError, undefined> =>
  given === undefined || loop.is(given)
    ? E.right(undefined)
    : E.left(shapeError(['loop'], loop.name, typeof given === 'string' ? given : typeof given))
const checkRate = (rate: number | undefined): E.Either<ShapeError, undefined> =>
  rate === undefined || fraction.is(rate)
    ? E.right(undefined)
    : E.left(shapeError(['recurrentDropout'], fraction.name, `${String(rate)}`))

/** a layer of this cell: parameters weight [features, gates units], recurrent [units, gates units] and bias */
export const placeRecurrent = (
  layer: Recurrent,
  cell: Cell,
  input: Shape,
  { dtype }: BuildContext
): E.Either<ShapeError, BuiltLayer> =>
  pipe(
    checkSizes([layer.units]),
    E.chain(() => checkRate(layer.recurrentDropout)),
    E.chain(() => checkLoop(layer.loop)),
    E.chain(() => sequenceAmong(layer, cell.states, input)),
    E.map((sequence): BuiltLayer => ({
      output: layer.outputs === 'all' ? [sequence.steps, layer.units] : [layer.units],
      gives: 'numbers',
      params: paramsOf(layer, cell, sequence.features, dtype),
      state: {},
      shared: {},
      rows: [],
      apply: (context, x) => ({
        value: overSteps(layer, withDropout(layer, cell, context, x), sequence, x, paramOf(context)),
        state: {},
        seen: []
      })
    }))
  )

// ---- what the definitions share

const outputs: Codec<Outputs> = oneOf('last', 'all')
const direction: Codec<Direction> = oneOf('forward', 'backward')
const initialState: Codec<InitialState> = oneOf('zeros', 'given')
/** how the settings are read from JSON */
export const recurrentFields = (initializer: Codec<Initializer>) => ({
  units: size,
  outputs: withDefault(outputs, 'last'),
  direction: withDefault(direction, 'forward'),
  lengths: withDefault(t.boolean, false),
  initialState: withDefault(initialState, 'zeros'),
  initializer: withDefault(initializer, 'glorotUniform'),
  recurrentInitializer: withDefault(initializer, 'orthogonal'),
  recurrentDropout: optional(fraction),
  loop: optional(loop)
})

/** `lstm 64, all outputs, backward` */
export const showRecurrent = (layer: Recurrent & { readonly tag: string }, ...more: readonly string[]): string =>
  [
    `${layer.tag} ${layer.units}`,
    ...more,
    ...(layer.outputs === 'all' ? ['all outputs'] : []),
    ...(layer.direction === 'backward' ? ['backward'] : []),
    ...(layer.lengths ? ['with lengths'] : []),
    ...(layer.initialState === 'given' ? ['given state'] : []),
    ...(layer.recurrentDropout === undefined ? [] : [`recurrent dropout ${layer.recurrentDropout}`]),
    ...(layer.loop === undefined ? [] : [layer.loop === 'store' ? 'as a loop' : 'as a loop that recomputes'])
  ].join(', ')
