/** What an op is: its attributes and every rule of the language for them, side by side. A group of ops is one file beside this one. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Codec } from '../../value/codec.js'
import type { ShapeError } from '../../value/error.js'
import type { Dims } from '../../value/shape.js'
import type { Aval, DType } from '../../value/tensor.js'
import type { Piece } from './notation.js'

export type None = Readonly<Record<never, never>>

export type ShapeRule<A> = (attrs: A, args: readonly Aval[]) => Either<ShapeError, Aval>

/** a node with attributes A in a graph of nodes N */
export type NodeIn<A, N extends Aval> = N & { readonly attrs: A; readonly args: readonly N[] }
/** From the cotangent of a node to the cotangents of its arguments; `undefined`, or no entry: none flows there. */
export type GradientRule<A> = <N extends Aval>(
  node: NodeIn<A, N>,
  g: N,
  build: Builders<N>
) => readonly (N | undefined)[]

/** the type of a node and of its arguments, without the graph below */
export interface Typed<A> extends Aval {
  readonly attrs: A
  readonly args: readonly Aval[]
}
export type Notation<A> = (node: Typed<A>, args: readonly Piece[]) => Piece

/** the same number wherever it is computed, because it is rounded once; a f32 is rounded when it is stored */
export type ExactFold = (x: number, y: number) => number

/** What engines ask about an op. No field is optional: a new op has to answer every question of its role. */
export type Facts<A> =
  /** no value at all */
  | { readonly role: 'none' }
  /** a value that is given */
  | { readonly role: 'leaf' }
  /** computed number by number from arguments of its own shape */
  | {
      readonly role: 'map'
      /** in additions: decides whether a value used twice is stored or computed twice */
      readonly cost: number
      /** how a number is computed at compile time from constants */
      readonly exactFold: ExactFold | undefined
      /** whether an engine computes it by a call of the JavaScript function, since it is rare */
      readonly callsJs: (attrs: A) => boolean
      /** whether a number depends on its place in the tensor */
      readonly placed: boolean
      /** whether its argument is a key, which each number needs whole */
      readonly readsKey: boolean
    }
  /** the numbers of its argument, seen in another way */
  | { readonly role: 'view'; readonly exactFold: ExactFold | undefined }
  /** a number from each row of numbers */
  | { readonly role: 'reduce' }
  /** all else: it reads arguments from memory */
  | {
      readonly role: 'heavy'
      /** whether a number depends on its place in the tensor */
      readonly placed: boolean
      /** how many products it takes for each of its numbers */
      readonly products: (args: readonly Aval[]) => number
    }
export type Role = Facts<never>['role']

export interface OpRules<A> {
  /** how many arguments; `some`: at least one */
  readonly arity: number | 'some'
  /** how attributes are read and written as JSON */
  readonly attrs: { readonly [F in keyof A]: Codec<A[F]> }
  readonly shape: ShapeRule<A>
  readonly gradient: GradientRule<A>
  readonly notation: Notation<A>
  readonly facts: Facts<A>
}
/** a row for each op of a group */
export type Group<G> = { readonly [K in keyof G]: OpRules<G[K]> }

type Arg<N> = N | number
type Unary = 'neg' | 'sign' | 'exp' | 'log' | 'sin' | 'cos' | 'square' | 'transposed'
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'equal' | 'less'
type Pair = readonly [number, number]
/** What gradient rules build with: functions of expr/build, which needs the shape rules and so cannot be imported here. */
export type Builders<N> = { readonly [K in Unary]: (x: N) => N } & {
  readonly [K in Binary]: (a: Arg<N>, b: Arg<N>) => N
} & {
  readonly select: (condition: N, then: Arg<N>, otherwise: Arg<N>) => N
  readonly cast: (x: N, dtype: DType) => N
  readonly sum: (x: N, axes: Dims) => N
  readonly broadcast: (x: N, shape: Dims) => N
  readonly reshape: (x: N, shape: Dims) => N
  readonly matmul: (a: N, b: N) => N
  readonly transpose: (x: N, permutation: Dims) => N
  readonly slice: (x: N, start: Dims, shape: Dims) => N
  readonly pad: (x: N, low: Dims, high: Dims) => N
  readonly gather: (table: N, index: N) => N
  readonly scatterAdd: (values: N, index: N, rows: number) => N
  readonly windows: (x: N, size: Pair, stride: Pair, dilation: Pair) => N
  readonly unwindows: (
    x: N,
    window: { readonly size: Pair; readonly stride: Pair; readonly dilation: Pair },
    height: number,
    width: number
  ) => N
}

/** the gradient rule of what is constant, or of what no derivative is defined for */
export const noGradient: GradientRule<unknown> = () => []
export const argument = <N>(n: { readonly args: readonly N[] }, i: number): N => n.args[i] as N
export const never = (): boolean => false
