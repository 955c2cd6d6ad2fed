/** The closed language: building expressions, differentiating them, and programs. */
export * from './build.js'
export * from './functions.js'
export { topological, type Distribution, type Expr, type Node, type Op, type Ops, type Window } from './op.js'
export { grad, gradients, valueAndGrad } from './gradient.js'
export { scan, type ScanOptions, type ScanResults, type ScanStep } from './scan.js'
export { program, type Program } from './program.js'
