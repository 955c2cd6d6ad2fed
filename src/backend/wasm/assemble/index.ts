/** An assembler of WebAssembly: exactly the instructions that the emitters use. */
export { block, br, br_if, call, func, if_, importFunc, loop } from './code.js'
export type { Func, ImportFunc, Local, ValueType } from './code.js'
export * from './instructions.js'
export { assemble, type Imports } from './module.js'
