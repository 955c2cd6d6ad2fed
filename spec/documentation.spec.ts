/** Whoever points at a value of the package in an editor is told what it is. */
import { relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const entries = ['index', 'codec', 'files', 'ndarray', 'search', 'formats', 'extend', 'laws/index'].map(
  name => `src/${name}.ts`
)

/** values that the files export, what is in their namespaces, and the fields of records of ours, without a sentence of their own */
const undocumented = (program: ts.Program, files: readonly string[]): readonly string[] => {
  const checker = program.getTypeChecker()
  const target = (s: ts.Symbol): ts.Symbol => (s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s)
  // what an editor shows first; `@returns` alone says what comes out, not what it is
  const silent = (s: ts.Symbol): boolean => ts.displayPartsToString(s.getDocumentationComment(checker)).trim() === ''
  const fieldsOf = (s: ts.Symbol): readonly ts.Symbol[] => {
    const type = checker.getTypeOfSymbol(s)
    if (type.getCallSignatures().length > 0) return []
    return type.getProperties().filter(p => p.name !== 'tag' && p.declarations?.some(d => isOurs(d.getSourceFile())))
  }
  const isOurs = (f: ts.SourceFile): boolean =>
    !program.isSourceFileFromExternalLibrary(f) && !program.isSourceFileDefaultLibrary(f)
  const isNamespace = (s: ts.Symbol): boolean => (s.flags & ts.SymbolFlags.ValueModule) !== 0
  const exported = (at: string, module: ts.Symbol): readonly string[] =>
    checker.getExportsOfModule(module).flatMap(alias => {
      const s = target(alias)
      const name = `${at}${alias.name}`
      if (!(s.flags & ts.SymbolFlags.Value)) return []
      if (isNamespace(s)) return exported(`${name}.`, s)
      const fields = fieldsOf(s).filter(silent)
      return [...(silent(s) ? [name] : []), ...fields.map(p => `${name}.${p.name}`)]
    })
  return files.flatMap(file => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile)
    return module === undefined ? [`${file} is not a module`] : exported('', module)
  })
}

const { options, errors } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: d => expect.fail(ts.flattenDiagnosticMessageText(d.messageText, ' '))
  }
) as ts.ParsedCommandLine

describe('every exported value', () => {
  test('says what it is', { timeout: 60_000 }, () => {
    expect(errors).toEqual([])
    expect(undocumented(ts.createProgram(entries, options), entries)).toEqual([])
  })
})

test('the check sees what lacks a sentence', () => {
  const files: Readonly<Record<string, string>> = {
    'src/entry.ts': `export * from './values.js'\nexport * as more from './more.js'\n/** a type is no value */ export type T = 1`,
    'src/values.ts': `
      /** told */ export const told = 1
      export const bare = 1
      /** @returns a tag alone */ export const tagged = () => 1
      /** told */ export const table = {
        /** told */ a: 1,
        b: 2,
        tag: 'x'
      }`,
    'src/more.ts': 'export const inner = 1'
  }
  const named = (file: string): string => relative(process.cwd(), file).replaceAll('\\', '/')
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    fileExists: file => named(file) in files,
    readFile: file => files[named(file)],
    getSourceFile: (file, version) => {
      const text = files[named(file)]
      return text === undefined ? undefined : ts.createSourceFile(file, text, version)
    }
  }
  const program = ts.createProgram(['src/entry.ts'], { noLib: true, module: ts.ModuleKind.NodeNext }, host)
  expect(undocumented(program, ['src/entry.ts'])).toEqual(['more.inner', 'bare', 'tagged', 'table.b'])
})
