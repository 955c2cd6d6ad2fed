/** The lint rules refuse what they should: bad lines are planted in files of src/, in memory, and each must be reported. */
import { ESLint } from 'eslint'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const eslint = new ESLint({ cwd: root })

/** the rules that complain, line by line, were this the text of that file */
const complaints = async (file: string, lines: readonly string[]): Promise<readonly (readonly string[])[]> => {
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: join(root, file) })
  const messages = result?.messages ?? []
  return lines.map((_, i) => messages.filter(m => m.line === i + 1).map(m => m.ruleId ?? m.message))
}

/** rule -> lines that it refuses */
type Planted = Readonly<Record<string, readonly string[]>>

const numerics: Planted = {
  'no-restricted-syntax': [
    'export const a1 = Math.exp(1)',
    'export const a2 = Math.log(1)',
    'export const a3 = Math.pow(2, 3)',
    'export const a4 = Math.sin(1)',
    'export const a5 = Math.cos(1)',
    'export const a6 = Math.tanh(1)',
    'export const a7 = Math.hypot(3, 4)',
    'export const a8 = Math.random()',
    "export const a9 = Math['exp'](1)",
    'export const b1 = [1, 2].map(Math.cbrt)',
    'export const { log2 } = Math',
    'export const b2 = 2 ** 3',
    'export const b3 = [2, 1].sort()',
    'export const b4 = new Float32Array(2).sort()',
    "export const b5 = 'a'.localeCompare('b')",
    'export const b6 = (1000).toLocaleString()',
    'export const b7 = (xs: readonly number[]) => Math.max(0, ...xs)',
    'export const b8 = (xs: readonly number[]) => String.fromCharCode(...xs)',
    'export const b9 = (f: { push(...xs: readonly number[]): void }, xs: readonly number[]) => f.push(...xs)'
  ],
  'no-restricted-globals': [
    'export const c1 = new Date()',
    'export const c2 = Date.now()',
    'export const c3 = performance.now()',
    'export const c4 = globalThis.performance',
    'export const c5 = new Intl.NumberFormat()'
  ]
}
const mutation: Planted = {
  'functional/no-let': ['let d1 = 1'],
  'functional/immutable-data': [
    'export const e1 = (xs: number[]) => xs.push(1) // eslint-disable-line',
    'export const e2 = (xs: Float32Array) => { xs[0] = 1 }',
    'export const e3 = (m: Map<string, number>) => m.set("a", 1)',
    'export const e4 = (o: { a: number }) => { o.a = 1 }',
    'export const e5 = (o: { a?: number }) => { delete o.a }',
    'export const e6 = (xs: number[]) => xs.sort((a, b) => a - b)',
    'export const e7 = (o: { a: number }) => Object.assign(o, { a: 2 })'
  ],
  'no-param-reassign': ['export const f1 = (n: number) => { n += 1 }'],
  'no-restricted-syntax': ['export const f2 = (n: number) => { n **= 2 }']
}
const types: Planted = {
  'no-restricted-syntax': [
    'export const g1 = (xs: number[]) => xs.length',
    'export const g2 = (n: number) => (xs: readonly string[][]) => xs.length + n',
    'export const g3 = ({ a }: { readonly a: [number] }) => a',
    'export const g4 = (...xs: number[]) => xs.length',
    'export const g5 = (n: number): number[] => [n]',
    'export const g6: number[] = [1]',
    'export interface G7 { a: number }',
    'export interface G8 { readonly a: number[] }',
    'export interface G9 { [a: string]: number }',
    'export type Ga = { readonly a: readonly number[][] }',
    'export const gb = (m: Map<string, number>) => m.size'
  ],
  '@typescript-eslint/no-explicit-any': ['export const h1 = (x: any) => x === 1'],
  '@typescript-eslint/no-unsafe-return': ["export const h2 = (): number => JSON.parse('1')"],
  '@typescript-eslint/no-non-null-assertion': ['export const h3 = (xs: readonly number[]) => xs[0]!'],
  '@typescript-eslint/ban-ts-comment': ['// @ts-ignore', '// @ts-expect-error: no reason is good enough']
}
const control: Planted = {
  'functional/no-throw-statements': ["export const i1 = () => { throw new Error('no') }"],
  'functional/no-promise-reject': ["export const i2 = () => Promise.reject(new Error('no'))"],
  'functional/no-classes': ['export class I3 {}'],
  'no-new-func': ["export const i4 = new Function('return 1')"],
  'no-eval': ["export const i5 = eval('1')"],
  eqeqeq: ['export const i6 = (a: unknown) => a == null']
}
const specifiers: Planted = {
  'no-restricted-imports': [
    "import * as j1 from 'fp-ts/function'",
    "import { pipe } from 'fp-ts'",
    "import * as j2 from 'fp-ts/lib/function'",
    "import * as j3 from 'io-ts/Decoder'"
  ]
}
const effects: Planted = {
  'no-restricted-globals': [
    "export const k1 = () => console.log('')",
    'export const k2 = process.argv',
    "void fetch('')"
  ],
  'no-restricted-imports': [
    "import * as k3 from 'node:fs'",
    "import * as k4 from 'fs/promises'",
    "export { Command } from 'commander'",
    "import * as k5 from 'gradfold'"
  ],
  'no-restricted-syntax': ["export const k6 = () => import('../data/files.js')"],
  'functional/no-try-statements': ['export const k7 = () => { try { return 1 } finally { k6() } }']
}

const refused = (file: string, planted: Planted): void => {
  const rows = Object.entries(planted).flatMap(([rule, lines]) => lines.map(line => ({ rule, line })))
  describe(`in ${file}`, () => {
    const found = complaints(
      file,
      rows.map(r => r.line)
    )
    test.each(rows.map((row, i) => ({ ...row, i })))('$rule refuses $line', async ({ rule, i }) => {
      expect((await found)[i]).toContain(rule)
    })
  })
}

const pure = 'src/value/shape.ts'
const kernel = 'src/value/tensor.ts'
const door = 'src/cli/main.ts'

describe.each([
  { name: 'numbers that differ between engines', planted: numerics, files: [pure, kernel] },
  { name: 'mutation', planted: mutation, files: [pure] },
  { name: 'types that let go', planted: types, files: [pure, kernel, door] },
  { name: 'ways around values', planted: control, files: [pure, kernel, door] },
  { name: 'specifiers that fail in plain Node', planted: specifiers, files: [pure, door, 'spec/lint.spec.ts'] },
  { name: 'effects', planted: effects, files: [pure, kernel] }
])('$name', ({ planted, files }) => {
  files.forEach(file => {
    refused(file, planted)
  })
})

describe('what is allowed', () => {
  const silent = async (file: string, lines: readonly string[]): Promise<void> => {
    expect((await complaints(file, lines)).flat()).toEqual([])
  }

  test('exact arithmetic and values', () =>
    silent(pure, [
      "import { pipe } from 'fp-ts/lib/function.js'",
      "import * as t from 'io-ts'",
      'export const a = Math.sqrt(Math.fround(2)) * Math.PI + Math.imul(3, 5)',
      'export const b = pipe([2, 1], xs => [...xs].sort((x, y) => x - y))',
      'export const c = t.number',
      'export const d = (xs: readonly (readonly [number, string])[]): readonly number[] => xs.map(x => x[0])',
      'export interface Of<S extends readonly number[]> { readonly shape: S }',
      'export const e = (x: Of<[2, 3]>): Of<[3, 2]> => ({ shape: [x.shape[1], x.shape[0]] })',
      'export type Repeat<N extends number, A extends 0[] = []> = A["length"] extends N ? A : Repeat<N, [...A, 0]>'
    ]))
  test('local mutation in a kernel', () =>
    silent(kernel, [
      'interface Frame { at: number; readonly seen: Set<number> }',
      'export const sum = (xs: Float32Array): number => {',
      '  const rows: Frame[] = []',
      '  let total = 0',
      '  for (let i = 0; i < xs.length; i++) total += xs[i] as number',
      '  rows.push({ at: total, seen: new Set() })',
      '  return total',
      '}'
    ]))
  test('effects in a door', () =>
    silent(door, [
      "import { readFileSync } from 'node:fs'",
      'export const show = (file: string): void => {',
      '  try {',
      "    console.log(readFileSync(file, 'utf8'), performance.now())",
      '  } catch {',
      '    process.exitCode = 1',
      '  }',
      '}'
    ]))
})
