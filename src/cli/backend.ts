/** The backends that the command offers; the first is used unless another is asked for. All of them give the same bits. */
import { availableParallelism } from 'node:os'
import type { Backend } from '../backend/backend.js'
import { reference } from '../backend/reference/reference.js'
import { wasmThreads } from '../backend/wasm/wasm.js'

export const backends: Readonly<Record<string, (threads: number) => Backend>> = {
  wasm: wasmThreads,
  reference: () => reference
}
export const defaultBackend = 'wasm'

/** more than this many share out too little work each */
export const mostThreads = 8
export const defaultThreads = Math.min(mostThreads, availableParallelism())
