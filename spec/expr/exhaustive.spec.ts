/** An op cannot be half added: fake ops are planted in a copy of the sources, and the compiler must name every place that lacks them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkChanged, workspace } from '../types/compilers.js'

const group = 'src/expr/ops/linear.ts'
const text = readFileSync(join(import.meta.dirname, '../..', group), 'utf8')
/** the last of what everybody imports, so that all tables are in */
const files = [
  'src/backend/reference/reference.ts',
  'src/backend/wasm/wasm.ts',
  'src/expr/tex.ts',
  'spec/expr/arbitrary.ts'
]

const replaced = (from: string, to: string) => (source: string) => {
  expect(source.split(from)).toHaveLength(2)
  return source.replace(from, () => to)
}
const withAttributes = (names: readonly string[]): ((source: string) => string) =>
  replaced('  readonly matmul: None', ['matmul', ...names].map(name => `  readonly ${name}: None`).join('\n'))
const withRows = (facts: Readonly<Record<string, string>>): ((source: string) => string) =>
  replaced(
    'export const linear = {',
    `export const linear = {${Object.entries(facts)
      .map(
        ([name, given]) =>
          `\n  ${name}: { arity: 1, attrs: {}, shape: (_, [x]) => E.right(x ?? arg([], 0)), gradient: (_, g) => [g], notation: () => ({ tex: '', level: 0 }), facts: ${given} },`
      )
      .join('')}`
  )

/** the declaration that lacks something -> what it lacks, or the compiler's words; types of whole tables cut out */
const complaints = (name: string, changed: string): Readonly<Record<string, readonly string[]>> => {
  const said: Record<string, string[]> = {}
  for (const { within, message } of checkChanged('ts7', workspace(name), files, { [group]: changed })) {
    const lacks =
      /is missing the following properties from type .*: (fake.*)$/.exec(message)?.[1] ??
      /Property '(\w+)' is missing/.exec(message)?.[1] ??
      message.replace(/(?<=TS\d+: Type '\{).*(?=\}' is not)/, ' ... ')
    const known = (said[within] ??= [])
    if (!known.includes(lacks)) known.push(lacks)
  }
  return said
}
const timeout = 240_000

const map = "role: 'map', cost: 1, exactFold: undefined, readsKey: false, callsJs: () => false"
const facts = {
  fakeLeaf: "{ role: 'leaf' }",
  fakeMap: `{ ${map}, placed: false }`,
  fakePlaced: `{ ${map}, placed: true }`,
  fakeView: "{ role: 'view', exactFold: undefined }",
  fakeReduce: "{ role: 'reduce' }",
  fakeHeavy: "{ role: 'heavy', placed: false, products: () => 0 }"
}

const noCase = "TS2366: Function lacks ending return statement and return type does not include 'undefined'."

test('an op with all of its rules is missed by every engine and by the random samples', { timeout }, () => {
  const all = 'fakeHeavy, fakeLeaf, fakeMap, fakePlaced, and 2 more.'
  const said = complaints('op-without-engines', withRows(facts)(withAttributes(Object.keys(facts))(text)))
  expect(said).toMatchObject({
    rows: [all],
    kernels: [all],
    placeSteps: ['fakePlaced'],
    compute: [noCase],
    leafView: [noCase],
    viewOf: [noCase],
    heavy: [noCase]
  })
  expect(said['reduce']?.join()).toContain('"fakeReduce" | "reduceMax" | "sum"')
})
test('an op with attributes alone, or without all facts of its role, is no op', { timeout }, () => {
  const said = complaints(
    'op-without-rules',
    withRows({ fakeHalf: "{ role: 'map', cost: 1 }" })(withAttributes(['fakeBare', 'fakeHalf'])(text))
  )
  expect(said).toMatchObject({
    ops: ['fakeBare'],
    linear: ["TS2322: Type '{ ... }' is not assignable to type 'Facts<Readonly<Record<never, never>>>'."]
  })
})
