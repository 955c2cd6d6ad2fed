/** Caches modules: a module is found again by the text of what it is made from, in any loop or program. */
import type { Expr } from '../../../expr/op.js'
import type { Part } from '../../kernel/thread-programs.js'
import { emitModule, type Emitted } from '../emit/module.js'
import type { Buffer, Kernel, View } from '../../kernel/ir.js'

const isObject = (v: unknown): v is object => typeof v === 'object' && v !== null
const isView = (v: object): v is View => 'buffer' in v && 'stride' in v
const isBuffer = (v: object): v is Buffer => 'role' in v && 'size' in v
const isExpr = (v: object): v is Expr => 'op' in v && 'args' in v

/** a number, -0 and infinities too */
const number = (n: number): string => (Object.is(n, -0) ? '-0' : String(n))

/** A kernel as text, with addresses in place of buffers. Equal texts mean equal code. */
const kernelText = (k: Kernel, address: (b: Buffer) => number): string => {
  if (k.kind === 'loop') {
    const inner = k.kernels.map(kernel => kernelText(kernel, address))
    return [`loop ${k.steps} ${k.reverse} at ${address(k.counter)}`, ...inner, 'end'].join('\n')
  }
  const ids = new Map<Expr, number>()
  const lines: string[] = []
  const reads = 'reads' in k ? k.reads : new Map<Expr, View>()
  const bufferText = (b: Buffer): string => `${b.dtype} ${b.size} at ${address(b)}`
  const show = (v: unknown): string => {
    if (typeof v === 'number') return number(v)
    if (!isObject(v)) return JSON.stringify(v) ?? 'undefined'
    if (Array.isArray(v) || ArrayBuffer.isView(v)) return `[${Array.from(v as ArrayLike<unknown>, show).join()}]`
    if (v instanceof Map) return show([...(v as ReadonlyMap<unknown, unknown>)])
    if (isBuffer(v)) return bufferText(v)
    if (isView(v)) {
      const moves = v.moves === undefined ? '' : ` moves ${v.moves.by} at ${address(v.moves.counter)}`
      return `${bufferText(v.buffer)} ${v.shape.join()}/${v.stride.join()}+${v.offset}${moves}`
    }
    if (isExpr(v)) return `#${idOf(v)}`
    return `{${Object.entries(v)
      .map(([name, x]) => `${name}:${show(x)}`)
      .join()}}`
  }
  /** numbers the nodes in dependency order; values read from memory have no dependencies */
  const idOf = (root: Expr): number => {
    const stack = [root]
    for (let n = stack.at(-1); n !== undefined; n = stack.at(-1)) {
      const open = ids.has(n) || reads.has(n) ? [] : n.args.filter(a => !ids.has(a))
      for (const a of open) stack.push(a)
      if (open.length > 0) continue
      stack.pop()
      if (ids.has(n)) continue
      ids.set(n, ids.size)
      const args = reads.has(n) ? 'read' : n.args.map(a => ids.get(a)).join()
      lines.push(`${n.op} ${n.dtype} ${n.shape.join()} ${reads.has(n) ? '' : show(n.attrs)} ${args}`)
    }
    return ids.get(root) as number
  }
  const whole = show(k)
  return [...lines, whole].join('\n')
}

/** @internal all that a module depends on */
export const partText = ({ address, panel, work, ...rest }: Part): string =>
  [
    JSON.stringify(rest),
    ...work.map(({ kernel, barrier, next = '' }) =>
      kernel === undefined
        ? String(barrier)
        : `${barrier} ${next} ${kernel.kind === 'matmul' || kernel.kind === 'loop' ? panel : ''} ${kernelText(kernel, address)}`
    )
  ].join('\n')

/** a module and, once it was needed here, its compiled form */
export interface Cached extends Emitted {
  readonly compiled: () => WebAssembly.Module
}
/** bytes of cached modules and texts: those of about fifty networks of three layers */
const mostBytes = 0x100_0000

const kept = new Map<string, Cached>()
let keptBytes = 0
const weight = (text: string, { bytes }: Emitted): number => text.length + bytes.length

/**
 * The module of a part, from the cache if it is there.
 *
 * @param imports whether it imports functions for large products
 */
export const moduleOf = (part: Part, imports = false): Cached => {
  const text = `${imports ? 'imports products\n' : ''}${partText(part)}`
  const before = kept.get(text)
  if (before !== undefined) {
    kept.delete(text)
    kept.set(text, before)
    return before
  }
  const emitted = emitModule(part, imports)
  let compiled: WebAssembly.Module | undefined
  const made = { ...emitted, compiled: () => (compiled ??= new WebAssembly.Module(emitted.bytes)) }
  kept.set(text, made)
  keptBytes += weight(text, made)
  for (const [oldest, m] of kept) {
    if (keptBytes <= mostBytes || oldest === text) break
    kept.delete(oldest)
    keptBytes -= weight(oldest, m)
  }
  return made
}
