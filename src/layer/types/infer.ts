/**
 * The shape checker, run by the compiler: a fold over a layer's data. Each layer's rule is in its own file (ShapeRules); here
 * are the lists that rules are applied to, and the labels that messages and parameters go by. labels.ts and series.ts do the same
 * when the program runs.
 */
import type {
  BodyRules,
  BranchRules,
  OutputRangeRules,
  LabelRules,
  Layer,
  NameRules,
  ShapeRules
} from '../definition.js'
import type { Next } from './nat.js'
import type { AnyFail, Fail, Inside, IsUnion } from './fail.js'

export type FromData = Fail<'layers that the compiler knows', 'layers chosen at run time', 'use checkModel'>

export type FromList = Fail<'layers that the compiler knows', 'a list of unknown length', 'use checkModel'>

/** what stands where a layer should */
export type NoLayer<L> = L extends (...args: never) => unknown
  ? Fail<'a layer', 'a function', 'is it a constructor that was not called?'>
  : Fail<'a layer', 'something else'>

/** the shape that layer L gives for the input In, or a Fail */
export type Out<L extends Layer, In> =
  IsUnion<L> extends true
    ? FromData
    : L['tag'] extends keyof ShapeRules<L, In>
      ? ShapeRules<L, In>[L['tag']]
      : Fail<'an entry for this layer in ShapeRules', 'none', 'declare it beside the one in Layers'>

/** what layer L is known to give; never, where nothing is known */
export type OutputRangeOf<L> =
  IsUnion<L> extends true
    ? never
    : L extends { readonly tag: infer T }
      ? OutputRangeRules<L>[T & keyof OutputRangeRules<L>]
      : never

/** the branches that give the outputs of layer L; never, where it is not known to end in branches */
export type BranchesOf<L> =
  IsUnion<L> extends true
    ? never
    : L extends { readonly tag: infer T }
      ? BranchRules<L>[T & keyof BranchRules<L>]
      : never

/** a layer as a list of layers */
export type Body<B> = [B] extends [{ readonly tag: keyof BodyRules<B> }]
  ? BodyRules<B>[B['tag']] extends infer Ls extends readonly unknown[]
    ? Ls
    : never
  : readonly [B]
/** the output of a layer inside another one, or a Fail with its labels */
export type BodyOut<B, In> = Series<Body<B>, In>

/** the output of a list of layers, one after the other, or a Fail with the label of the guilty one */
export type Series<Ls extends readonly unknown[], In> = number extends Ls['length']
  ? FromList
  : [Clash<Ls>] extends [never]
    ? Located<Walk<Ls, In>, Ls, In>
    : Twice<Clash<Ls>>

export type Twice<K extends string> = Fail<'labels that differ', `${K} twice`, 'rename one with named'>

type Walk<Ls extends readonly unknown[], S> = S extends AnyFail
  ? S
  : Ls extends readonly [infer H extends Layer, ...infer T]
    ? Walk<T, Out<H, S>>
    : S
/** only a failure needs to know the label */
type Located<O, Ls extends readonly unknown[], In> = O extends AnyFail ? Locate<Ls, LabelsOf<Ls>, In> : O
type Locate<Ls extends readonly unknown[], Names extends readonly string[], S> = Ls extends readonly [
  infer H extends Layer,
  ...infer T
]
  ? Names extends readonly [infer K extends string, ...infer NT extends readonly string[]]
    ? Out<H, S> extends infer O
      ? O extends AnyFail
        ? Inside<K, O>
        : Locate<T, NT, O>
      : never
    : never
  : S

type BaseLabel<L> =
  IsUnion<L> extends true
    ? 'layer'
    : L extends { readonly tag: infer T extends string }
      ? T extends keyof LabelRules<L>
        ? LabelRules<L>[T]
        : T
      : never

/** the n in U, a union of texts `label:n`; 0 where the label is new */
type Count<B extends string, U extends string> = [Extract<U, `${B}:${number}`>] extends [never]
  ? 0
  : Extract<U, `${B}:${number}`> extends `${string}:${infer N extends number}`
    ? N
    : never

/** the labels of a list: the name that the user gave, or the label of the layer, numbered from the second on */
export type LabelsOf<
  Ls extends readonly unknown[],
  Counts extends string = never,
  Acc extends readonly string[] = []
> = Ls extends readonly [infer H, ...infer T]
  ? [H] extends [{ readonly tag: keyof NameRules<H> }]
    ? LabelsOf<T, Counts, [...Acc, NameOf<H>]>
    : BaseLabel<H> extends infer B extends string
      ? Count<B, Counts> extends infer N extends number
        ? N extends 0
          ? LabelsOf<T, Counts | `${B}:1`, [...Acc, B]>
          : Next<N> extends infer M extends number
            ? LabelsOf<T, Exclude<Counts, `${B}:${N}`> | `${B}:${M}`, [...Acc, `${B}${M}`]>
            : never
        : never
      : never
  : Acc

/** the name that the user gave layer L, or never */
type NameOf<L> = L extends { readonly tag: infer T extends keyof NameRules<L> }
  ? Extract<NameRules<L>[T], string>
  : never
/** the first label that occurs twice; only names of the user's own can collide */
export type Clash<Ls extends readonly unknown[]> = [NameOf<Ls[number]>] extends [never] ? never : Repeated<LabelsOf<Ls>>
type Repeated<Names extends readonly string[], Seen extends string = never> = Names extends readonly [
  infer K extends string,
  ...infer T extends readonly string[]
]
  ? K extends Seen
    ? K
    : Repeated<T, Seen | K>
  : never
