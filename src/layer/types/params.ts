/** Types of parameters by labels, derived from the data of layers; evaluated only where a program asks for them. */
import type { Tensor } from '../../value/tensor.js'
import type { Branch } from '../../value/tree.js'
import type { Layer, ParamRules } from '../definition.js'
import type { Body, LabelsOf, Out } from './infer.js'
import type { IsUnion } from './fail.js'

/** the parameters of a layer that has none */
export type None = Readonly<Record<never, never>>
type Unknown = Branch<Tensor>

/** the parameters of layer L, without label, for the input In */
export type ParamsFor<L extends Layer, In> =
  IsUnion<L> extends true ? Unknown : L['tag'] extends keyof ParamRules<L, In> ? ParamRules<L, In>[L['tag']] : None

export type Entry = readonly [label: string, params: unknown]
export type EntryOf<K extends string, P> = [keyof P] extends [never] ? never : readonly [K, P]
/** labels and parameters of a list of layers, those without parameters left out */
type Entries<
  Ls extends readonly unknown[],
  Names extends readonly string[],
  S,
  Acc extends Entry = never
> = Ls extends readonly [infer H extends Layer, ...infer T]
  ? Names extends readonly [infer K extends string, ...infer NT extends readonly string[]]
    ? Entries<T, NT, Out<H, S>, Acc | EntryOf<K, ParamsFor<H, S>>>
    : never
  : Acc

/** the parameters of a list of layers, by label; Extra are further entries */
export type SeriesParams<Ls extends readonly unknown[], In, Extra extends Entry = never> = number extends Ls['length']
  ? Unknown
  : Extra | Entries<Ls, LabelsOf<Ls>, In> extends infer E extends Entry
    ? { readonly [X in E as X[0]]: X[1] }
    : never
/** the parameters of a layer inside another one, by label */
export type BodyParams<B, In> = SeriesParams<Body<B>, In>
