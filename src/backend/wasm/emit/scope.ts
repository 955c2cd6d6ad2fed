/**
 * The environment of the code of one function: its locals, the addresses of buffers, the functions that it may call.
 */
import type { Func, Local } from '../assemble/index.js'
import type { Expr } from '../../../expr/op.js'
import type { Dims } from '../../../value/shape.js'
import type { DType } from '../../../value/tensor.js'
import { bytesOf, type Buffer, type View } from '../../kernel/ir.js'
import type { UnaryName } from './functions.js'
import type { Share } from './routine.js'

/** functions that kernels of a module share, made when they are first used */
export interface Library {
  readonly unary: (name: UnaryName) => Func
  readonly pow: () => Func
  /** key words and four indexes -> four draws of 32 bits */
  readonly bits32: () => Func
  readonly share: Share
}
/** in a loop: where a walker starts at each step, in bytes for each place among the steps */
export interface Start {
  readonly counter: Buffer
  readonly by: number
}
export const startOf = ({ moves, buffer }: View): Start | undefined =>
  moves === undefined ? undefined : { counter: moves.counter, by: moves.by * bytesOf[buffer.dtype] }

export type AddressOf = (b: Buffer) => number

/** number of vectors that hold four elements */
export const width = (d: DType): 1 | 2 => (d === 'f64' ? 2 : 1)

/** Code that works with the locals of one function. */
export interface Scope {
  readonly address: AddressOf
  readonly library: Library
  /** the vectors of a value */
  readonly vectors: (n: Expr) => readonly Local[]
  /** the local that advances: the byte offset of a read or write, or with `first` an index */
  readonly walker: (steps: Dims, first?: number, start?: Start) => Local
  /** the words of a key, each in all four lanes */
  readonly keyWords: (key: Expr) => readonly [Local, Local]
  /** a spare vector */
  readonly spare: Local
}
