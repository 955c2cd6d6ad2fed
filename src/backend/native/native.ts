/** The compiled backend with large matrix products in machine code, for the widest vectors of the processor. The same bits. */
import type { Backend } from '../backend.js'
import { withProducts } from '../wasm/wasm.js'
import { nativeProducts } from './addon.js'

/**
 * The same as `wasmThreads`, large matrix products computed by a Node-API addon: in Node, on processors with AVX2 or AVX-512 (x64), or NEON
 * (arm64). `npm run build:native` builds the addon with the system's C compiler; where it is missing, or of another version, trainings give
 * Left and say so.
 *
 * @example train(settings, { backend: withFallback(nativeThreads(2), wasmThreads(2)) })
 */
export const nativeThreads = (threads: number): Backend => withProducts('native', threads, nativeProducts)

/** `nativeThreads` on one thread */
export const native: Backend = nativeThreads(1)
