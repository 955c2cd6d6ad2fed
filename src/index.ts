/** gradfold: neural networks as immutable values, training as a pure fold, the same bits everywhere. */
export * from './layer/index.js'
export * from './model/index.js'

export * as expr from './expr/index.js'
export { grad, gradients, valueAndGrad } from './expr/gradient.js'
export { program, type Program } from './expr/program.js'
export { printProgram } from './expr/print.js'
export { tex } from './expr/tex.js'
export type { Expr } from './expr/op.js'
export { evaluate, type Backend, type Executable, type Values } from './backend/backend.js'
export { wasm } from './backend/wasm/wasm.js'

export * from './train/index.js'
export * from './data/index.js'

export { childKey, foldIn, leafKey, rootKey, type DrawKey, type Key } from './random/index.js'
export { message, type Problem } from './value/error.js'
export type { BackendError, DataError, DecodeError, SettingError, ShapeError } from './value/error.js'
export { full, numbersOf, sameBits, scalarOf, tensor, toTypedArray, view } from './value/tensor.js'
export type { Aval, DType, FloatType, Numbers, Storage, Tensor } from './value/tensor.js'
export { leaves, mapTree, type Branch, type Tree } from './value/tree.js'
export { table, type Member, type Table } from './value/family.js'
export type { Dims, Shape } from './value/shape.js'
