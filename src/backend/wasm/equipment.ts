/** What a loop can be equipped with. No type of WebAssembly is named here: programs without its types compile against these. */
import type { Compilation } from '../kernel/compile.js'

/** a product as numbers: what the imported function computes, and for which thread */
export type ImportedProduct = readonly number[]
/** computes a product in a loop's memory */
export type ComputeProduct = (product: ImportedProduct) => () => void

/** what computes large products in place of Wasm */
export interface Products {
  /** the file from which each thread loads it */
  readonly file: string
  readonly on: (memory: { readonly buffer: ArrayBufferLike }) => ComputeProduct
}

/** Measures kernels one by one: then each of them is a module of its own, and all threads wait after it. */
export interface Profiler {
  /** milliseconds, from whenever */
  readonly now: () => number
  /** a loop is opened */
  readonly opened: (c: Compilation) => Recorder
}
/** records how long a kernel of a program took */
export type Recorder = (which: number, kernel: number, milliseconds: number) => void
