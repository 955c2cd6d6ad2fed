/** The module of a loop: its kernels as functions, and for each program one that calls them in order. */
import { call, func, i32, importMemory, memory, Module, v128, type Func } from 'wasmati'
import type { Buffer, Kernel, Lowered } from '../kernel.js'
import type { Plan } from '../plan.js'
import type { Library } from './body.js'
import { pow, unaryFunctions, type UnaryName } from './functions.js'
import { bits, get, i4, integer, set } from './lanes.js'
import { withLocals, type Procedure, type Where } from './loops.js'
import { emitMap } from './map.js'
import { emitMatmul } from './matmul.js'
import { emitFoldIn, emitGather, emitScatter, threefryRounds } from './move.js'
import { emitReduce } from './reduce.js'

/** Threefry-2x32 of (0, place) under a key, for four places at a time; a draw is the exclusive or of the block's two words */
const bits32 = (): Func<['v128', 'v128', 'v128'], ['v128']> =>
  func({ in: [v128, v128, v128], locals: [v128, v128], out: [v128] }, ([k0, k1, place], [k2, x0]) => {
    const ks = [k0, k1, k2] as const
    set(k2, bits.xor(bits.xor(get(k0), get(k1)), i4.of(0x1bd11bda)))
    set(x0, get(k0))
    set(place, i4.add(get(place), get(k1)))
    threefryRounds({
      mix: r => {
        set(x0, i4.add(get(x0), get(place)))
        set(place, bits.xor(bits.or(i4.shl(get(place), integer(r)), i4.shr(get(place), integer(32 - r))), get(x0)))
      },
      inject: (p, q, g) => {
        set(x0, i4.add(get(x0), get(ks[p])))
        set(place, i4.add(i4.add(get(place), get(ks[q])), i4.of(g)))
      }
    })
    bits.xor(get(x0), get(place))()
  })

/** each function once, made when first asked for */
const library = (): Library => {
  const unary = new Map<UnaryName, Func<['v128'], ['v128']>>()
  const once = <A>(make: () => A): (() => A) => {
    let made: { readonly value: A } | undefined
    return () => (made ??= { value: make() }).value
  }
  return {
    unary: name => {
      const f = unary.get(name) ?? unaryFunctions[name]()
      unary.set(name, f)
      return f
    },
    pow: once(pow),
    bits32: once(bits32)
  }
}

const emitKernel = (k: Kernel, where: Where & { readonly panel: number }): Procedure => {
  switch (k.kind) {
    case 'map':
      return emitMap(k, where)
    case 'reduce':
      return emitReduce(k, where)
    case 'matmul':
      return emitMatmul(k, where)
    case 'gather':
      return emitGather(k, where)
    case 'scatter':
      return emitScatter(k, where)
    case 'foldIn':
      return emitFoldIn(k, where)
  }
}

/** bytes of Wasm, and what the module imports: the memory and a few functions of the library's own */
export interface Emitted {
  readonly bytes: Uint8Array
  readonly imports: WebAssembly.Imports
  readonly memory: WebAssembly.Memory
}

export const pageSize = 65536

export const emitModule = (programs: readonly Lowered[], p: Plan): Emitted => {
  const where = { address: (b: Buffer) => p.address.get(b) as number, library: library(), panel: p.panel }
  const pages = Math.ceil(p.bytes / pageSize)
  const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const imported = importMemory({ min: pages, max: pages }, wasmMemory)
  const exports = Object.fromEntries(
    programs.map((program, i) => {
      const kernels = program.kernels.map(k => emitKernel(k, where))
      const run = withLocals([], () => {
        for (const k of kernels) call(k)
        for (const c of p.copies[i] ?? []) {
          i32.const(c.to)
          i32.const(c.from)
          i32.const(c.bytes)
          memory.copy()
        }
      })
      return [`run${i}`, run]
    })
  )
  const m = Module({ exports, memory: imported })
  return { bytes: m.toBytes(), imports: m.importMap, memory: wasmMemory }
}
