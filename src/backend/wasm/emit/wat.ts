/** Modules in WebAssembly's text format, for people: wasmati reads the bytes, this writes what it finds. */
import { Module } from 'wasmati'

type Read = ReturnType<typeof Module.fromBytes>['module']
type Instruction = Read['funcs'][number]['body'][number]

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null
const isInstructions = (x: unknown): x is readonly Instruction[] => Array.isArray(x)

const numberText = (x: number | bigint): string =>
  Object.is(x, -0) ? '-0' : String(x).replace('Infinity', 'inf').replace('NaN', 'nan')

/** the operands of an instruction other than a block */
const operands = (name: string, immediate: unknown): string => {
  if (immediate === undefined || immediate === null) return ''
  // memories have the number 0, which is not written
  if (/^memory\./.test(name) && !isRecord(immediate)) return ''
  if (name === 'v128.const') return ` i8x16 ${(immediate as readonly number[]).join(' ')}`
  if (Array.isArray(immediate)) return /^memory\./.test(name) ? '' : ` ${immediate.join(' ')}`
  if (typeof immediate === 'number' || typeof immediate === 'bigint') return ` ${numberText(immediate)}`
  if (!isRecord(immediate)) return ''
  const { memArg, lane, align, offset } = immediate
  if (isRecord(memArg)) return `${operands(name, memArg)} ${String(lane)}`
  return ` offset=${String(offset)} align=${1 << Number(align)}`
}

const blockType = (type: unknown): string =>
  type === 'empty' ? '' : typeof type === 'number' ? ` (type ${type})` : ` (result ${String(type)})`

const lines = (body: readonly Instruction[], indent: string): readonly string[] =>
  body.flatMap(({ name, immediate }: Instruction) => {
    const found: unknown = immediate
    if (!isRecord(found) || !('blockType' in found)) return [`${indent}${name}${operands(name, found)}`]
    const inside = found['instructions']
    const [first, second] = isRecord(inside) && 'if' in inside ? [inside['if'], inside['else']] : [inside, undefined]
    const deeper = (part: unknown): readonly string[] => (isInstructions(part) ? lines(part, `${indent}  `) : [])
    const otherwise = deeper(second)
    return [
      `${indent}${name}${blockType(found['blockType'])}`,
      ...deeper(first),
      ...(otherwise.length === 0 ? [] : [`${indent}else`, ...otherwise]),
      `${indent}end`
    ]
  })

const listed = (keyword: string, types: readonly string[]): string =>
  types.length === 0 ? '' : ` (${keyword} ${types.join(' ')})`

const imported = ({ module, name: item, description }: Read['imports'][number]): string => {
  const name = `"${module}" "${item}"`
  if (description.kind === 'function') return `  (import ${name} (func (type ${description.value})))`
  if (description.kind !== 'memory') return `  (import ${name})`
  const { min, max, shared } = description.value.limits
  return `  (import ${name} (memory ${min}${max === undefined ? '' : ` ${max}`}${shared ? ' shared' : ''}))`
}

/** A module's bytes as text. */
export const watOf = (bytes: Uint8Array): string => {
  const { types, imports, funcs, exports } = Module.fromBytes(bytes).module
  return [
    '(module',
    ...types.map(({ args, results }) => `  (type (func${listed('param', args)}${listed('result', results)}))`),
    ...imports.map(imported),
    ...funcs.flatMap(({ funcIdx, typeIdx, locals, body }) => [
      `  (func (;${funcIdx};) (type ${typeIdx})${listed('local', locals)}`,
      ...lines(body, '    '),
      '  )'
    ]),
    ...exports.map(
      ({ name, description: { kind, value } }) =>
        `  (export "${name}" (${kind === 'function' ? 'func' : kind} ${value}))`
    ),
    ')'
  ].join('\n')
}
