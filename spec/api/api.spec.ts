/**
 * The public surface by name, one file for each entry point, so that a change of it is seen in review. `npm run update`
 * writes the files anew.
 * A line is `value`, `type` or `value and type`, then the name; in a namespace, its name and a dot before.
 */
import { basename, dirname, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const entries = ['index', 'codec', 'files', 'ndarray', 'search', 'report', 'formats', 'extend', 'laws/index'].map(
  name => `src/${name}.ts`
)

interface Export {
  readonly name: string
  readonly kind: 'value' | 'type' | 'value and type'
}

const exportsOf = (checker: ts.TypeChecker, module: ts.Symbol, at = ''): readonly Export[] =>
  checker.getExportsOfModule(module).flatMap((alias): readonly Export[] => {
    const s = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
    const name = `${at}${alias.name}`
    if (s.flags & ts.SymbolFlags.ValueModule) return exportsOf(checker, s, `${name}.`)
    const [value, type] = [(s.flags & ts.SymbolFlags.Value) !== 0, (s.flags & ts.SymbolFlags.Type) !== 0]
    // `export type { X }` hands out the type alone
    const typeOnly = alias.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true
    return [{ name, kind: value && !typeOnly ? (type ? 'value and type' : 'value') : 'type' }]
  })

const counts = (all: readonly Export[]): string => {
  const count = (part: string): number => all.filter(e => e.kind.includes(part)).length
  return `${count('value')} values, ${count('type')} types`
}
/** the text of a snapshot: how many, then a line for each name, in the order of code units */
const listing = (all: readonly Export[]): string => {
  const [inside, direct] = [all.filter(e => e.name.includes('.')), all.filter(e => !e.name.includes('.'))]
  const lines = all.map(e => `${e.name}: ${e.kind}`).sort((a, b) => (a < b ? -1 : 1))
  const more = inside.length === 0 ? '' : `; in namespaces ${counts(inside)}`
  return `${counts(direct)}${more}\n\n${lines.join('\n')}\n`
}

const optionsOf = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile('tsconfig.json', file => ts.sys.readFile(file)) as { readonly config: object }
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: [...entries] }, ts.sys, '.').options
}
const listings = (files: readonly string[], program: ts.Program): readonly string[] => {
  const checker = program.getTypeChecker()
  return files.map(file => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile)
    return module === undefined ? `${file} is not a module` : listing(exportsOf(checker, module))
  })
}

describe('the public surface', () => {
  const found = listings(entries, ts.createProgram(entries, optionsOf()))
  test.each(entries.map((file, i) => [relative('src', file), i] as const))('%s', async (file, i) => {
    const name = file === 'index.ts' ? 'gradfold' : dirname(file) === '.' ? basename(file, '.ts') : dirname(file)
    await expect(found[i]).toMatchFileSnapshot(`./${name}.txt`)
  })
})

test('the listing sees values, types, and what is both', () => {
  const files: Readonly<Record<string, string>> = {
    'entry.ts': `export * from './more.js'\nexport * as space from './more.js'\nexport type { C } from './other.js'`,
    'more.ts': 'export const b = 1\nexport type A = 1\nexport interface d {}\nexport const d = 1',
    'other.ts': 'export class C {}'
  }
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: (name, target) =>
      files[basename(name)] === undefined
        ? undefined
        : ts.createSourceFile(name, files[basename(name)] as string, target),
    fileExists: name => files[basename(name)] !== undefined,
    readFile: name => files[basename(name)]
  }
  const options = { module: ts.ModuleKind.NodeNext, noLib: true, types: [] }
  expect(listings(['entry.ts'], ts.createProgram(['entry.ts'], options, host))[0]?.split('\n')).toEqual([
    '2 values, 3 types; in namespaces 2 values, 2 types',
    '',
    'A: type',
    'C: type',
    'b: value',
    'd: value and type',
    'space.A: type',
    'space.b: value',
    'space.d: value and type',
    ''
  ])
})
