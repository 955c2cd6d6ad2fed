/** A module: its functions and all that they call, numbered, in the binary format of WebAssembly. */
import { append, name, signed, sized, unsigned, vector } from './bytes.js'
import type { Func, FuncType, ImportFunc, ValueType } from './code.js'

/** a memory that a module imports, in pages of 64 KiB */
export interface ImportMemory {
  readonly min: number
  readonly max: number
  readonly shared: boolean
  readonly value: unknown
}
/** what modules import, by module name and field name */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
const typesOf = (types: readonly ValueType[]): readonly number[] => vector(types.map(t => [valueTypes[t]]))
const typeBytes = (f: FuncType): readonly number[] => [0x60, ...typesOf(f.in), ...typesOf(f.out)]
const blockType: FuncType = { in: [], out: [] }

/** functions and all that they call, each once, in the order in which they are first met */
const withCalled = (functions: readonly Func[]): readonly (Func | ImportFunc)[] => {
  const met = new Set<Func | ImportFunc>()
  const meet = (f: Func | ImportFunc): void => {
    if (met.has(f)) return
    met.add(f)
    if (f.kind === 'function') for (const { of } of f.gaps) if (of !== undefined) meet(of)
  }
  for (const f of functions) meet(f)
  return [...met]
}

/** runs of equal types, each with its length */
const localsOf = (types: readonly ValueType[]): readonly number[] =>
  vector([...new Set(types)].map(t => [...unsigned(types.filter(u => u === t).length), valueTypes[t]]))

/** a function's code with the numbers of this module in its gaps */
const codeOf = ({ locals, bytes, gaps }: Func, numberOf: (of: Func | ImportFunc | undefined) => readonly number[]) => {
  const code = [...localsOf(locals)]
  let done = 0
  for (const { at, of } of gaps) {
    for (; done < at; done++) code.push(bytes[done] as number)
    append(code, numberOf(of))
  }
  for (; done < bytes.length; done++) code.push(bytes[done] as number)
  code.push(0x0b)
  return sized(code)
}

/**
 * The bytes of a module that exports functions and imports a memory, and what it imports. Imports have no module name; functions are
 * called f0, f1, ..., the memory m0.
 */
export const assemble = (
  exports: Readonly<Record<string, Func>>,
  memory: ImportMemory
): { readonly bytes: Uint8Array; readonly imports: Imports } => {
  const all = withCalled(Object.values(exports))
  const imported = all.filter(f => f.kind === 'import')
  const functions = all.filter(f => f.kind === 'function')
  const ordered = [...imported, ...functions]
  const numbers = new Map(ordered.map((f, i) => [f, i]))
  const key = (f: FuncType): string => typeBytes(f).join()
  const hasBlocks = functions.some(f => f.gaps.some(({ of }) => of === undefined))
  const types = new Map([...ordered, ...(hasBlocks ? [blockType] : [])].map(f => [key(f), typeBytes(f)]))
  const typeNumbers = new Map([...types.keys()].map((text, i) => [text, i]))
  const typeOf = (f: FuncType): number => typeNumbers.get(key(f)) as number
  const blocks = hasBlocks ? signed(typeOf(blockType)) : []
  const numberOf = (f: Func | ImportFunc | undefined): readonly number[] =>
    f === undefined ? blocks : unsigned(numbers.get(f) as number)

  const module = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const section = (id: number, content: readonly number[]): void => {
    module.push(id)
    append(module, sized(content))
  }
  const limits = [memory.shared ? 3 : 1, ...unsigned(memory.min), ...unsigned(memory.max)]
  section(1, vector([...types.values()]))
  section(
    2,
    vector([
      ...imported.map((f, i) => [...name(''), ...name(`f${i}`), 0, ...unsigned(typeOf(f))]),
      [...name(''), ...name('m0'), 2, ...limits]
    ])
  )
  section(3, vector(functions.map(f => unsigned(typeOf(f)))))
  section(
    7,
    vector(Object.entries(exports).map(([called, f]) => [...name(called), 0, ...unsigned(numbers.get(f) as number)]))
  )
  section(12, unsigned(0))
  section(10, vector(functions.map(f => codeOf(f, numberOf))))
  const values = Object.fromEntries<unknown>([
    ...imported.map((f, i) => [`f${i}`, f.value] as const),
    ['m0', memory.value]
  ])
  return { bytes: Uint8Array.from(module), imports: { '': values } }
}
