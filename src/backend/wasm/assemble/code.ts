/**
 * The code of one function, as bytes. Instructions are functions that append to the function that is being written, so that emitters read
 * like the code that they emit. Types of operands are not checked here: WebAssembly does when it compiles the module.
 */
import { append, unsigned } from './bytes.js'

export type ValueType = 'i32' | 'f32' | 'f64' | 'v128'

/** an argument or a local of the function that is being written */
export interface Local<T extends ValueType = ValueType> {
  readonly type: T
  readonly index: number
}
/** one local of each type, in order */
type LocalsOf<T extends readonly ValueType[]> = { readonly [I in keyof T]: Local<T[I]> }

export interface FuncType {
  readonly in: readonly ValueType[]
  readonly out: readonly ValueType[]
}
/** a function that a module imports */
export interface ImportFunc extends FuncType {
  readonly kind: 'import'
  readonly value: unknown
}
/** a function that a module holds. Its code has gaps for the numbers of functions and types, which differ between modules. */
export interface Func extends FuncType {
  readonly kind: 'function'
  /** types of its locals, equal ones side by side */
  readonly locals: readonly ValueType[]
  readonly bytes: readonly number[]
  readonly gaps: readonly Gap[]
}
export interface Gap {
  /** the gap is before this byte */
  readonly at: number
  /** the function whose number belongs there; for undefined the type of blocks */
  readonly of: Func | ImportFunc | undefined
}

interface Writing {
  readonly bytes: number[]
  readonly gaps: Gap[]
}
let writing: Writing = { bytes: [], gaps: [] }

/** appends bytes to the function that is being written */
export const put = (bytes: ArrayLike<number>): void => {
  append(writing.bytes, bytes)
}
const gap = (of: Gap['of']): void => {
  writing.gaps.push({ at: writing.bytes.length, of })
}

/** WebAssembly stores locals by type: the types in the order of their first local, and the place of each local among them */
const byType = (
  locals: readonly ValueType[]
): { readonly sorted: readonly ValueType[]; readonly places: readonly number[] } => {
  const types = [...new Set(locals)]
  const order = types.flatMap(type => [...locals.keys()].filter(i => locals[i] === type))
  const places = new Map(order.map((i, place) => [i, place]))
  return { sorted: order.map(i => locals[i] as ValueType), places: locals.map((_, i) => places.get(i) as number) }
}

/**
 * A function, written by its body, which may make other functions meanwhile.
 *
 * @example func({ in: ['i32'], locals: [], out: ['i32'] }, ([x]) => { local.get(x); i32.const(1); i32.add() })
 */
export const func = <const In extends readonly ValueType[], const L extends readonly ValueType[]>(
  type: { readonly in: In; readonly locals: L; readonly out: readonly ValueType[] },
  body: (args: LocalsOf<In>, locals: LocalsOf<L>) => void
): Func => {
  const { sorted, places } = byType(type.locals)
  const mine: Writing = { bytes: [], gaps: [] }
  const before = writing
  writing = mine
  body(
    type.in.map((of, index) => ({ type: of, index })) as unknown as LocalsOf<In>,
    type.locals.map((of, i) => ({ type: of, index: type.in.length + (places[i] as number) })) as unknown as LocalsOf<L>
  )
  writing = before
  return { kind: 'function', in: type.in, out: type.out, locals: sorted, ...mine }
}

/** a function from outside, such as a JavaScript function */
export const importFunc = (type: FuncType, value: unknown): ImportFunc => ({ kind: 'import', ...type, value })

export const call = (f: Func | ImportFunc): void => {
  put([0x10])
  gap(f)
}

const structured = (opcode: number, inside: () => void, otherwise?: () => void): void => {
  put([opcode])
  gap(undefined)
  inside()
  if (otherwise !== undefined) {
    put([0x05])
    otherwise()
  }
  put([0x0b])
}
/** a branch to it continues after its end */
export const block = (inside: () => void): void => {
  structured(0x02, inside)
}
/** a branch to it continues at its start */
export const loop = (inside: () => void): void => {
  structured(0x03, inside)
}
/** takes the condition from the stack */
export const if_ = (inside: () => void, otherwise?: () => void): void => {
  structured(0x04, inside, otherwise)
}
/** continues at the block `depth` levels further out */
export const br = (depth: number): void => {
  put([0x0c, ...unsigned(depth)])
}
export const br_if = (depth: number): void => {
  put([0x0d, ...unsigned(depth)])
}
