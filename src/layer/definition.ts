/**
 * What a layer is. A layer is plain data with a `tag`. Its definition says in one place how such data are read from JSON, which shapes
 * it maps to which, which parameters it has, and its formula. The compiler learns the same facts by declaration merging: the interfaces
 * below are extended beside each definition, also from outside this library.
 */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Expr } from '../expr/op.js'
import type { Codecs, Definition, Family } from '../registry/definition.js'
import type { Codec } from '../value/codec.js'
import type { ShapeError } from '../value/error.js'
import type { Dims, Shape } from '../value/shape.js'
import type { FloatType } from '../value/tensor.js'
import type { Branch, Tree } from '../value/tree.js'
import type { ActivationDefinition } from './activation-table.js'
import type { Initializer, InitializerDefinition } from './initializer.js'
import type { Fan, Indexes, OutputRange } from './terms.js'

export type { Fan, Indexes, OutputRange } from './terms.js'

/** tag -> the data type of that layer, of those that gradfold comes with; the table of `registry.ts` has exactly these */
export interface BuiltInLayers {}
/** tag -> the data type of that layer; extended by declaration merging */
export interface Layers extends BuiltInLayers {}
/** tag -> the shape that layer L gives for the input In: a shape, or a Fail */
export interface ShapeRules<L, In> {}
/** tag -> the type of the parameters of layer L for the input In; a layer without parameters needs no entry */
export interface ParamRules<L, In> {}
/** tag -> the label of layer L, for layers whose label is not their tag */
export interface LabelRules<L> {}

/** tag -> the range of layer L's outputs (Gives); omit it where it is not known */
export interface OutputRangeRules<L> {}
/** tag -> the branches of layer L, one for each of its outputs */
export interface BranchRules<L> {}
/** tag -> the list of layers that layer L is, for lists of layers */
export interface BodyRules<L> {}
/** tag -> the label that the user gave layer L: it is never numbered */
export interface NameRules<L> {}

export type Tag = keyof Layers
/** any layer, as data */
export type Layer = Layers[Tag]

/** a parameter before it has a value */
export interface ParamSpec {
  readonly dtype: FloatType
  readonly shape: Dims
  readonly initializer: Initializer
  /** numbers that feed one output, and outputs that one number feeds */
  readonly fan: Fan
  /** what it does in its formula, which weight decay selects by; default: by its own label, see `roleOf` */
  readonly role?: ParamRole
}
/** a factor of inputs, what is added to their sum, a factor of normalised numbers, what is added to these */
export type ParamRole = 'weight' | 'bias' | 'scale' | 'shift'
const rolesByLabel: Readonly<Record<string, ParamRole>> = { bias: 'bias', gamma: 'scale', beta: 'shift' }
/** the role of a parameter at a path: the one that its layer states, or else the one of its own label (the last of the path) */
export const roleOf = (path: string, spec?: { readonly role?: ParamRole }): ParamRole => {
  const label = path.slice(path.lastIndexOf('/') + 1)
  return spec?.role ?? (Object.hasOwn(rolesByLabel, label) ? rolesByLabel[label] : undefined) ?? 'weight'
}

/** one tensor, or a tuple of them (several inputs or outputs); every tensor has the batch axis in front */
export type Value = Expr | readonly Value[]

/** what a formula receives besides its input */
export interface Context {
  readonly params: Tree<Expr>
  /** running statistics, as they were before this step */
  readonly state: Tree<Expr>
  /** parameters that several places share, by key */
  readonly shared: Tree<Expr>
  /** training (dropout drops, batch statistics are used) or inference */
  readonly training: boolean
  /** whether a training batch of one example is allowed in a layer that learns nothing from it */
  readonly allowSingle?: boolean
  /** inference in which random layers still draw: Monte-Carlo prediction */
  readonly sampling?: boolean
  /** the key of this place and step, u32 [2] */
  readonly key: Expr
  /** where this is, for `seen`: labels joined by / */
  readonly path: string
  /** inside `maskPadding`: which positions of the sequence take part, bool [examples, positions] */
  readonly mask?: Expr
}

export interface Applied {
  readonly value: Value
  /** running statistics after this step; an empty branch for most layers */
  readonly state: Branch<Expr>
  /** values inside, by path, in order: backpropagation made visible */
  readonly seen: readonly (readonly [path: string, value: Value])[]
}

/** A layer built for an input shape: everything that the interpreters (init, toExpr, describeModel) need. */
export interface BuiltLayer {
  readonly output: Shape
  readonly params: Branch<ParamSpec>
  /** running statistics: shape and first value. Each use of a layer has its own, also inside `shared`. */
  readonly state: Branch<StateSpec>
  /** parameters that live at the root of the model */
  readonly shared: Readonly<Record<string, SharedUse>>
  readonly apply: (context: Context, x: Value) => Applied
  /** the range of its outputs, which some losses check; absent if unknown */
  readonly gives?: OutputRange
  /** the ranges of several outputs, in their order */
  readonly givesEach?: readonly (OutputRange | undefined)[]
  /** for a layer that takes indexes (u32): all of them are below this number */
  readonly indexes?: Indexes
  /**
   * For a layer that moves indexes without changing them, as `reshape` does: what those of its input are below, where those of its output
   * must be below `after`. Default: `indexes`.
   */
  readonly indexesBefore?: (after: Indexes | undefined) => Indexes | undefined
  /** the layers inside, for the table of a model */
  readonly rows: readonly LayerRow[]
}
export interface StateSpec {
  readonly dtype: FloatType
  readonly shape: Dims
  readonly value: number
}
export interface SharedUse {
  readonly layer: Layer
  readonly output: Shape
  readonly params: Branch<ParamSpec>
}
export interface LayerRow {
  readonly path: string
  readonly layer: string
  readonly output: Shape
  /** learned numbers of this layer itself, without the layers inside it */
  readonly parameters: number
}
export type LabelledLayer = readonly [label: string, placed: BuiltLayer]

/** the interpreter that builds children. A definition receives it as an argument, so it never imports the registry. */
export interface BuildContext {
  readonly layer: (layer: Layer, input: Shape) => Either<ShapeError, BuiltLayer>
  /** a body: a list of labelled layers, one after the other */
  readonly body: (layer: Layer, input: Shape) => Either<ShapeError, BuiltLayer>
  /** branches, each with its own input, labelled */
  readonly branches: (
    layers: readonly Layer[],
    inputs: readonly Shape[]
  ) => Either<ShapeError, readonly LabelledLayer[]>
  readonly dtype: FloatType
  readonly registry: LayerRegistry
}

/** a layer with a valid input shape, for the laws that every layer must obey */
export interface Sample<L> {
  readonly layer: L
  readonly input: Shape
  /** for an input of indexes (u32): all of them are below this number; absent for numbers */
  readonly indexes?: number
}

declare module '../registry/families.js' {
  interface FamilyMembers {
    readonly layer: Layer
  }
}

/** one codec for every setting besides `tag` */
export type FieldCodecs<L> = { readonly [K in Exclude<Extract<keyof L, string>, 'tag'>]: Codec<L[K]> }

export interface LayerDefinition<L extends { readonly tag: string }> extends Definition {
  readonly tag: L['tag']
  /** how its settings are read from JSON: one codec for each field besides `tag` */
  fields(codecs: Codecs): FieldCodecs<L>
  /** one line, e.g. `dense 128` */
  show(layer: L): string
  /** the label where it is not the tag: `relu` for an activation. From the second of a list on it gets a number. */
  label?(layer: L): string
  /** a label that stays as it is, because the user gave it */
  name?(layer: L): string
  /** builds the layer for an input shape: output shape, parameters and formula; Left if the shape is invalid */
  place(layer: L, input: Shape, place: BuildContext): Either<ShapeError, BuiltLayer>
  /** layers with valid inputs, on which the laws of layers are tested */
  readonly samples: readonly Sample<L>[]
}

/** the definitions that interpreters of models use */
export interface LayerRegistry {
  /** what each layer means, by tag */
  readonly layers: Family<LayerDefinition<Layer>>
  /** formulas of activations, by name */
  readonly activations: Family<ActivationDefinition>
  /** how parameters get their first values, by name */
  readonly initializers: Family<InitializerDefinition>
}
