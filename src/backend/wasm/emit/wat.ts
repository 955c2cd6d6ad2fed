/** Modules in WebAssembly's text format, for people: reads the bytes of what the assembler wrote. */
import { unsigned as unsignedBytes } from '../assemble/bytes.js'
import * as instructions from '../assemble/instructions.js'
import type { Immediate, Instruction } from '../assemble/instructions.js'

interface Named {
  readonly name: string
  readonly immediate: Immediate
}
type Tree = { readonly [name: string]: Instruction<never> | Tree }

/** instructions by their opcodes, which are one byte, or a prefix and a number */
const named = (tree: Tree, prefix = ''): readonly (readonly [opcode: string, Named])[] =>
  Object.entries(tree).flatMap(([name, item]) =>
    typeof item === 'function'
      ? [[item.opcode.join(), { name: `${prefix}${name}`, immediate: item.immediate }] as const]
      : named(item, `${prefix}${name}.`)
  )

/** what reads the bytes of a module from its start to its end */
interface Reader {
  readonly byte: () => number
  readonly unsigned: () => number
  readonly signed: () => number
  /** the next `count` bytes */
  readonly take: (count: number) => Uint8Array
  readonly list: <A>(item: () => A) => readonly A[]
  readonly name: () => string
  readonly atEnd: () => boolean
}
const readerOf = (bytes: Uint8Array): Reader => {
  let at = 0
  const take = (count: number): Uint8Array => bytes.subarray(at, (at += count))
  const byte = (): number => bytes[at++] as number
  const unsigned = (): number => {
    for (let n = 0, unit = 1; ; unit *= 128) {
      const b = byte()
      n += (b & 127) * unit
      if (b < 128) return n
    }
  }
  const signed = (): number => {
    for (let n = 0, shift = 0; ; shift += 7) {
      const b = byte()
      n |= (b & 127) << shift
      if (b < 128) return shift < 25 && b >= 64 ? n | (-1 << (shift + 7)) : n
    }
  }
  return {
    byte,
    unsigned,
    signed,
    take,
    list: item => Array.from({ length: unsigned() }, item),
    name: () => new TextDecoder().decode(take(unsigned())),
    atEnd: () => at >= bytes.length
  }
}

const valueType = (code: number): string => ({ 0x7f: 'i32', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128' })[code] ?? '?'

/** the operands of an instruction as text */
const operands = (r: Reader, immediate: Immediate): string => {
  const place = (): string => {
    const align = 1 << r.byte()
    return ` offset=${r.unsigned()} align=${align}`
  }
  switch (immediate) {
    case 'none':
      return ''
    case 'lane':
      return ` ${r.byte()}`
    case 'lanes':
      return ` ${r.take(16).join(' ')}`
    case 'local':
      return ` ${r.unsigned()}`
    case 'integer':
      return ` ${r.signed()}`
    case 'place':
      return place()
    case 'place and lane':
      return `${place()} ${r.byte()}`
    case 'memory':
      r.byte()
      return ''
    case 'memories':
      r.take(2)
      return ''
  }
}

const controls: Readonly<Record<number, string>> = { 0x02: 'block', 0x03: 'loop', 0x04: 'if' }
const withNumber: Readonly<Record<number, string>> = { 0x0c: 'br', 0x0d: 'br_if', 0x10: 'call' }
const prefixes: readonly number[] = [0xfc, 0xfd, 0xfe]

/** the lines of a function's code, from after its locals to its last `end`, which is not written */
const codeLines = (r: Reader, known: ReadonlyMap<string, Named>): readonly string[] => {
  const lines: string[] = []
  for (let depth = 2; ;) {
    const code = r.byte()
    const line = (text: string, indent = depth): void => {
      lines.push(`${'  '.repeat(indent)}${text}`)
    }
    if (code === 0x0b) {
      depth--
      if (depth === 1) return lines
      line('end', depth)
    } else if (code === 0x05) line('else', depth - 1)
    else if (controls[code] !== undefined) {
      line(`${controls[code]} (type ${r.signed()})`)
      depth++
    } else if (withNumber[code] !== undefined) line(`${withNumber[code]} ${r.unsigned()}`)
    else {
      const opcode = prefixes.includes(code) ? [code, ...unsignedBytes(r.unsigned())] : [code]
      const { name, immediate } = known.get(opcode.join()) as Named
      line(`${name}${name === 'v128.const' ? ' i8x16' : ''}${operands(r, immediate)}`)
    }
  }
}

const listed = (keyword: string, types: readonly string[]): string =>
  types.length === 0 ? '' : ` (${keyword} ${types.join(' ')})`

/** functions and memories: the assembler imports nothing else */
const imported = (r: Reader): string => {
  const [module, item, kind] = [r.name(), r.name(), r.byte()]
  const name = `"${module}" "${item}"`
  if (kind === 0) return `  (import ${name} (func (type ${r.unsigned()})))`
  const shared = r.byte() === 3
  const [min, max] = [r.unsigned(), r.unsigned()]
  return `  (import ${name} (memory ${min} ${max}${shared ? ' shared' : ''}))`
}
const exported = (r: Reader): string => {
  const name = r.name()
  r.byte()
  return `  (export "${name}" (func ${r.unsigned()}))`
}
const typeList = (r: Reader): readonly string[] => r.list(() => valueType(r.byte()))
const locals = (r: Reader): readonly string[] =>
  r.list(() => Array.from({ length: r.unsigned() }).fill(valueType(r.byte())) as readonly string[]).flat()

/** A module's bytes as text. */
export const watOf = (bytes: Uint8Array): string => {
  const known = new Map(named(instructions))
  const r = readerOf(bytes)
  r.take(8)
  const sections = new Map<number, Reader>()
  for (; !r.atEnd();) {
    const id = r.byte()
    sections.set(id, readerOf(r.take(r.unsigned())))
  }
  const each = (id: number, item: (s: Reader, i: number) => readonly string[]): readonly string[] => {
    const s = sections.get(id)
    return s === undefined ? [] : Array.from({ length: s.unsigned() }, (_, i) => item(s, i)).flat()
  }
  const types = each(1, s => {
    s.byte()
    return [`  (type (func${listed('param', typeList(s))}${listed('result', typeList(s))}))`]
  })
  const imports = each(2, s => [imported(s)])
  const before = imports.filter(line => line.includes('(func')).length
  const typeOf = each(3, s => [String(s.unsigned())])
  const exports = each(7, s => [exported(s)])
  const functions = each(10, (s, i) => {
    s.unsigned()
    return [`  (func (;${before + i};) (type ${typeOf[i]})${listed('local', locals(s))}`, ...codeLines(s, known), '  )']
  })
  return ['(module', ...types, ...imports, ...functions, ...exports, ')'].join('\n')
}
