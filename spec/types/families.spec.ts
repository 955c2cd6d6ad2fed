/** The type table and the value table of a family name the same members: the compiler refuses a name that is in one of them alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { families } from '../../src/registry/families.js'
import { checkChanged, workspace } from './compilers.js'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => join('src', name).replaceAll('\\', '/'))
  .map(file => [file, readFileSync(file, 'utf8')] as const)

const form = /^export interface (BuiltIn\w+)(<[^>]*>)? \{/m
const table = /^\} satisfies \{ readonly \[K in keyof (BuiltIn\w+)/m
/** family -> the file with its value table, and the file with its type table */
const tables = sources.flatMap(([file, text]) => {
  const name = table.exec(text)?.[1]
  const types = sources.find(([, other]) => form.exec(other)?.[1] === name)
  return name === undefined || types === undefined ? [] : [{ name, file, types: types[0] }]
})
const textOf = (file: string): string => sources.find(([name]) => name === file)?.[1] ?? ''

/** which families the compiler complains about, where each of these files was changed */
const refused = (folder: string, change: (of: (typeof tables)[number]) => readonly [string, string], said: RegExp) => {
  const complaints = checkChanged(
    'ts7',
    workspace(folder),
    ['src/extend.ts', 'src/search.ts'],
    Object.fromEntries(tables.map(change))
  )
  return new Set(complaints.filter(({ message }) => said.test(message)).map(({ file }) => file))
}
const all = new Set(tables.map(({ file }) => file))
const timeout = 120_000

test('every family has both tables; names of activations are derived from the one that they have', () =>
  expect(tables.map(({ name }) => name)).toHaveLength(Object.keys(families).length - 1))
test('a name in the type table alone does not compile, in any family', { timeout }, () => {
  const added = refused(
    'families-types',
    ({ types }) => [types, textOf(types).replace(form, "$&\n  fakeMember: { readonly tag: 'fakeMember' }\n")],
    /Property 'fakeMember' is missing in type/
  )
  expect(added).toEqual(all)
})
test('a name in the value table alone does not compile, in any family', { timeout }, () => {
  const added = refused(
    'families-values',
    ({ file }) => [file, textOf(file).replace(/^const table = \{/m, '$&\n  fakeMember: undefined as never,')],
    /'fakeMember' does not exist in type/
  )
  expect(added).toEqual(all)
})
