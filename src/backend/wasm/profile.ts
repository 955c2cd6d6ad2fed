/** Measured times of a training step, kernel by kernel. */
import { markdownTable } from 'markdown-table'
import type { Backend } from '../backend.js'
import type { Compilation } from '../kernel/compile.js'
import { kernelRows } from '../kernel/explain.js'
import { wasmProfiled } from './wasm.js'
import { largest } from '../../value/largest.js'

/** milliseconds that the kernels of a loop's first program took, each time */
interface Times {
  readonly compiled: Compilation
  readonly kernels: readonly (readonly number[])[]
}

export interface Profile {
  /** runs each kernel by itself; what it computes is the same */
  readonly backend: Backend
  /** A table of the kernels of the first loop that feeds something back (a training), with their median times. Empty before it ran. */
  readonly table: () => string
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[Math.max(0, sorted.length % 2 === 0 ? middle - 1 : middle)], sorted[middle]]
  return low === undefined || high === undefined ? 0 : (low + high) / 2
}

const tableOf = ({ compiled, kernels }: Times): string => {
  const medians = kernels.map(median)
  const total = medians.reduce((a, b) => a + b, 0)
  const steps = largest(
    kernels.map(k => k.length),
    0
  )
  const perSecond = (amount: number, ms: number): string => (ms > 0 ? (amount / ms / 1e6).toFixed(2) : '')
  const rows = kernelRows(compiled).map(({ cells, flops, bytes }, i) => {
    const ms = medians[i] ?? 0
    const share = total > 0 ? ((100 * ms) / total).toFixed(1) : ''
    return [...cells.slice(0, 4), ms.toFixed(4), share, perSecond(flops, ms), perSecond(bytes, ms)]
  })
  return [
    markdownTable([['', 'kernel', 'size', 'operations', 'ms', '%', 'GFLOP/s', 'GB/s'], ...rows], {
      align: ['r', 'l', 'l', 'l', 'r', 'r', 'r', 'r']
    }),
    '',
    `${total.toFixed(4)} ms for a step of ${rows.length} kernels: medians of ${steps} steps on ${compiled.threads} ${compiled.threads === 1 ? 'thread' : 'threads'}`
  ].join('\n')
}

/**
 * A backend that measures what it runs, and the times that it measured. Each kernel is run by itself, so that a step takes longer than with
 * `wasmThreads`; with several threads a kernel's time includes waiting for the slowest of them.
 *
 * @param now a clock in milliseconds
 */
export const profileOn = (threads: number, now: () => number): Profile => {
  let first: { readonly compiled: Compilation; readonly kernels: number[][] } | undefined
  const backend = wasmProfiled(threads, {
    now,
    opened: compiled => {
      if (compiled.fedBack.size === 0) return () => undefined
      const mine = { compiled, kernels: (compiled.programs[0]?.kernels ?? []).map((): number[] => []) }
      first ??= mine
      return (which, kernel, ms) => {
        if (which === 0) mine.kernels[kernel]?.push(ms)
      }
    }
  })
  return { backend, table: () => (first === undefined ? '' : tableOf(first)) }
}
