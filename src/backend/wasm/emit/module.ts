/**
 * The modules of a program: its kernels as functions, and one function that calls them in order. A module is made from
 * a value (`Part`).
 */
import { assemble, call, func, importFunc, type Func, type ImportFunc, type Imports } from '../assemble/index.js'
import type { Kernel } from '../../kernel/ir.js'
import type { Part } from '../../kernel/thread-programs.js'
import { emitBarrier } from './barrier.js'
import { pow, unaryFunctions, type UnaryName } from './functions.js'
import { emitChannelSums } from './channel-sums.js'
import { copyBytes } from './copy.js'
import { emitFingerprint } from './fingerprint.js'
import { importedProduct } from './imported.js'
import { bits, get, i4, integer, set } from './lanes.js'
import type { Procedure, Where } from './loops.js'
import { emitLoop } from './scan.js'
import { emitMap } from './map.js'
import { emitMatmul } from './matmul.js'
import { emitFoldIn, emitGather, emitScatter, threefryRounds } from './move.js'
import type { Sharing } from './panel.js'
import { emitReduce } from './reduce.js'
import type { Routine } from './routine.js'
import type { Library } from './scope.js'
import { emitUnwindows } from './windows.js'
import type { ComputeProduct, ImportedProduct } from '../equipment.js'

/** Threefry-2x32 of (0, index) under a key, for four indexes at a time; a draw is the xor of the block's two words */
const bits32 = (): Func =>
  func({ in: ['v128', 'v128', 'v128'], locals: ['v128', 'v128'], out: ['v128'] }, ([k0, k1, place], [k2, x0]) => {
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

/**
 * Makes each function once per process, when it is first used; a module contains those that it calls. Sizes and layouts
 * are arguments, so that there are few functions.
 */
const makeLibrary = (): Library => {
  const unary = new Map<UnaryName, Func>()
  const routines = new Map<string, Routine>()
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
    bits32: once(bits32),
    share: (name, make) => {
      const r = routines.get(name) ?? make()
      routines.set(name, r)
      return r
    }
  }
}

const library = makeLibrary()

/** makes an import for a product that is computed outside Wasm; undefined if Wasm computes it */
type Leave = (product: ImportedProduct) => ImportFunc

const emitKernel = (
  k: Kernel,
  where: Where & { readonly panel: number; readonly sharing: Sharing | undefined },
  leave: Leave | undefined
): Procedure | ImportFunc => {
  const left = k.kind === 'matmul' && leave !== undefined ? importedProduct(k, where.address, where.sharing) : undefined
  if (leave !== undefined && left !== undefined) return leave(left)
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
    case 'channelSums':
      return emitChannelSums(k, where)
    case 'unwindows':
      return emitUnwindows(k, where)
    case 'fingerprint':
      return emitFingerprint(k, where)
    case 'foldIn':
      return emitFoldIn(k, where)
    case 'loop':
      return emitLoop(
        k,
        where.address,
        k.kernels.map(inner => emitKernel(inner, where, leave))
      )
  }
}

/** the name of an import: module and field */
type Name = readonly [module: string, name: string]

/** a module that can be sent to another thread */
export interface Portable {
  readonly bytes: Uint8Array
  readonly memory: Name
  readonly sleep: Name
  /** products that are computed outside Wasm */
  readonly products: readonly (readonly [name: Name, product: ImportedProduct])[]
}
/** a module with the library functions that it may import, which only the calling thread has */
export interface Emitted extends Portable {
  readonly functions: Imports
}
export const portable = ({ bytes, memory, sleep, products }: Emitted): Portable => ({ bytes, memory, sleep, products })

/** the imports of the modules, with the loop's own memory and products in place of the placeholders */
export const importsOf = (
  { functions, memory, sleep, products }: Emitted,
  loop: {
    readonly memory: WebAssembly.Memory
    readonly sleep: (mine: number) => number
    readonly product?: ComputeProduct | undefined
  }
): WebAssembly.Imports =>
  Object.fromEntries(
    Object.entries(functions).map(([module, all]) => [
      module,
      Object.fromEntries(
        Object.entries(all).map(([name, value]) => {
          const is = ([m, n]: Name): boolean => m === module && n === name
          const product = products.find(([at]) => is(at))?.[1]
          const own = product === undefined ? value : loop.product?.(product)
          return [name, is(memory) ? loop.memory : is(sleep) ? loop.sleep : own]
        })
      )
    ])
  ) as unknown as WebAssembly.Imports

/** placeholders for a loop's own imports: modules are made once for all loops with the same programs */
const someMemory = {} as WebAssembly.Memory
const someSleep = (): number => 1

const nameOf = (imports: Imports, value: unknown): Name => {
  for (const [module, names] of Object.entries(imports))
    for (const [name, v] of Object.entries(names)) if (v === value) return [module, name]
  return ['', '']
}
/** any memory that is large enough will do; 32-bit addresses allow no more pages */
export const maxPages = 65536

/**
 * One module. It exports `run`, which takes the turn (the index into the queues), and `barrier` if there are several
 * threads.
 *
 * @param imports whether it imports functions for large products
 */
export const emitModule = (
  { threads, thread, before, work, barrierAfter, after, address, panel }: Part,
  imports = false
): Emitted => {
  const where = { address, library, panel }
  const left: (readonly [imported: () => void, product: ImportedProduct])[] = []
  const leave: Leave = product => {
    // a new function each time, because its identity finds the name of the import
    const imported = (): void => undefined
    left.push([imported, product])
    return importFunc({ in: [], out: [] }, imported)
  }
  const made = work.map(({ kernel, barrier, next }) => {
    const sharing = next === undefined ? undefined : { threads, thread, next }
    const run =
      kernel === undefined ? undefined : emitKernel(kernel, { ...where, sharing }, imports ? leave : undefined)
    return { waits: barrier, run }
  })
  const barrier = threads === 1 ? undefined : emitBarrier(threads, importFunc({ in: ['i32'], out: ['i32'] }, someSleep))
  const run = func({ in: ['i32'], locals: [], out: [] }, ([turn]) => {
    for (const { to, from, bytes } of before) copyBytes(to, { ...from, turn }, bytes)
    for (const w of made) {
      if (w.waits && barrier !== undefined) call(barrier)
      if (w.run !== undefined) call(w.run)
    }
    if (barrierAfter && barrier !== undefined) call(barrier)
    for (const { to, from, bytes } of after) copyBytes(to.step === undefined ? to : { ...to, turn }, from, bytes)
  })
  const memory = { min: 1, max: maxPages, shared: threads > 1, value: someMemory }
  const { bytes, imports: functions } = assemble(barrier === undefined ? { run } : { run, barrier }, memory)
  return {
    bytes,
    functions,
    memory: nameOf(functions, someMemory),
    sleep: nameOf(functions, someSleep),
    products: left.map(([imported, product]) => [nameOf(functions, imported), product])
  }
}
