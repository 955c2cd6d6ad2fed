/** The shape of the source tree: who may import whom, no cycles, readable sizes, no code made from text. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** path below src/ -> text */
type Sources = ReadonlyMap<string, string>

interface Import {
  readonly from: string
  /** a path below src/ where it starts with a dot in the text, else the specifier as it stands */
  readonly to: string
  readonly relative: boolean
  readonly typeOnly: boolean
}

/** from the bottom up; folders on one line are siblings, and neither imports the other */
const layers: readonly (readonly string[])[] = [
  ['value'],
  ['registry'],
  ['random'],
  ['expr'],
  ['layer', 'backend'],
  ['model'],
  ['data'],
  ['infer'],
  ['train'],
  ['format'],
  ['run'],
  ['report'],
  ['search'],
  ['cli']
]
/** inside src/backend: a row's folder or file imports none of the others named in it */
const apart: readonly (readonly [from: string, ...to: readonly string[]])[] = [
  ['backend/kernel', 'backend/wasm', 'backend/native', 'backend/reference'],
  ['backend/reference', 'backend/kernel', 'backend/wasm', 'backend/native'],
  ['backend/wasm', 'backend/native'],
  ['backend/wasm/assemble', 'backend/kernel', 'backend/wasm/emit', 'backend/wasm/runtime', 'backend/wasm/wasm.ts'],
  ['backend/wasm/emit', 'backend/wasm/runtime', 'backend/wasm/wasm.ts', 'backend/reference'],
  ['backend/wasm/runtime', 'backend/wasm/wasm.ts', 'backend/reference'],
  ['backend/native', 'backend/reference']
]
/** the package's entry points may import anything, and nothing below imports them */
const entries = [
  'index.ts',
  'codec.ts',
  'files.ts',
  'ndarray.ts',
  'search.ts',
  'report.ts',
  'formats.ts',
  'extend.ts',
  'laws'
]
const maxLines = 400

const rank = (file: string): number => {
  const top = file.split('/')[0] as string
  return entries.includes(top) ? layers.length : layers.findIndex(l => l.includes(top))
}

const importsOf = (from: string, text: string): readonly Import[] => {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return
    const relative = specifier.text.startsWith('.')
    const to = relative ? posix.join(posix.dirname(from), specifier.text).replace(/\.js$/, '.ts') : specifier.text
    found.push({ from, to, relative, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.ES2022))
  return found
}

/** file -> what it imports */
type Graph = ReadonlyMap<string, readonly Import[]>

const graphOf = (sources: Sources): Graph => new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))

const show = (i: Import): string => `${i.from} -> ${i.to}`

const outOfPlace = (graph: Graph): readonly string[] => [...graph.keys()].filter(file => rank(file) < 0)

const refused = (graph: Graph, when: (i: Import) => boolean): readonly string[] =>
  [...graph.values()].flat().filter(when).map(show)

const upward = (graph: Graph): readonly string[] =>
  refused(graph, ({ from, to, relative }) => {
    const [a, b] = [from.split('/')[0] as string, to.split('/')[0] as string]
    const entriesBoth = entries.includes(a) && entries.includes(b)
    return relative && (b === '..' || (a !== b && !entriesBoth && rank(from) <= rank(to)))
  })

const inside = (folder: string, file: string): boolean => file === folder || file.startsWith(`${folder}/`)

const notApart = (graph: Graph): readonly string[] =>
  refused(graph, ({ from, to }) =>
    apart.some(([folder, ...others]) => inside(folder, from) && others.some(other => inside(other, to)))
  )

const missing = (graph: Graph): readonly string[] => refused(graph, i => i.relative && !graph.has(i.to))

/** ndarray and ndarray-ops build code from text when loaded, so a page that forbids this could not load the core */
const ndarrayOutside = (graph: Graph): readonly string[] =>
  refused(
    graph,
    i => /^ndarray(-ops)?$/.test(i.to) && i.from !== 'ndarray.ts' && !i.from.startsWith('backend/reference')
  )

/** imports that are there when the code runs: those of types alone are gone */
const atRunTime = (i: Import): boolean => !i.typeOnly

/** what a file loads when it is loaded, itself included: paths below src/ and names of packages */
const loads = (graph: Graph, entry: string, counts: (i: Import) => boolean = atRunTime): ReadonlySet<string> => {
  const seen = new Set<string>()
  const todo = [entry]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    todo.push(...(graph.get(file) ?? []).filter(counts).map(i => i.to))
  }
  return seen
}

/** files that load themselves by way of others */
const cyclic = (graph: Graph, counts: (i: Import) => boolean = atRunTime): readonly string[] =>
  [...graph]
    .filter(([file, is]) => is.some(i => counts(i) && loads(graph, i.to, counts).has(file)))
    .map(([file]) => file)

/** types count too: a file can be read without those that read it */
const cyclicWithTypes = (graph: Graph): readonly string[] => cyclic(graph, () => true)

/** the sub-folder of a folder that a file is in, at any depth; undefined for files of the folder itself, and for those elsewhere */
const subFolder = (folder: string, file: string): string | undefined => {
  if (!file.startsWith(`${folder}/`)) return undefined
  const [first, ...rest] = file.slice(folder.length + 1).split('/')
  return rest.length === 0 ? undefined : `${folder}/${first}`
}
/** sub-folders of one folder that import each other, also by way of others beside them; imports of types count */
const cyclicFolders = (graph: Graph): readonly string[] => {
  const folders = new Set(
    [...graph.keys()].flatMap(file => {
      const parts = file.split('/').slice(0, -1)
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
    })
  )
  return [...folders].flatMap(folder => {
    const between = new Map<string, Import[]>()
    for (const i of [...graph.values()].flat()) {
      const [from, to] = [subFolder(folder, i.from), subFolder(folder, i.to)]
      if (from === undefined || to === undefined || from === to) continue
      between.set(from, [...(between.get(from) ?? []), { ...i, from, to }])
    }
    return cyclic(between, () => true)
  })
}

const codeFromText = (sources: Sources): readonly string[] =>
  [...sources]
    .filter(([file, text]) => {
      let found = false
      const visit = (node: ts.Node): void => {
        const named = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression : undefined
        if (named !== undefined && ts.isIdentifier(named) && ['eval', 'Function'].includes(named.text)) found = true
        ts.forEachChild(node, visit)
      }
      visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022))
      return found
    })
    .map(([file]) => file)

const tooLong = (sources: Sources): readonly string[] =>
  [...sources].filter(([, text]) => text.trimEnd().split('\n').length > maxLines).map(([file]) => file)

const src = join(import.meta.dirname, '../src')
const sources: Sources = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => [file.replaceAll('\\', '/'), readFileSync(join(src, file), 'utf8')])
)

const graph = graphOf(sources)

describe('the source tree', () => {
  test('is there', () => expect(sources.size).toBeGreaterThan(4))
  test('has a place for every file', () => expect(outOfPlace(graph)).toEqual([]))
  test('imports only downwards', () => expect(upward(graph)).toEqual([]))
  test('keeps the compiler, the code that it emits and what runs it apart', () => expect(notApart(graph)).toEqual([]))
  test('imports only what exists', () => expect(missing(graph)).toEqual([]))
  test('has no cycles', () => expect(cyclic(graph)).toEqual([]))
  test('has no cycles of types', () => expect(cyclicWithTypes(graph)).toEqual([]))
  test('has no cycles among the sub-folders of a folder', () => expect(cyclicFolders(graph)).toEqual([]))
  test('uses ndarray only in the reference backend and in its own entry', () =>
    expect(ndarrayOutside(graph)).toEqual([]))
  test('makes no code from text', () => expect(codeFromText(sources)).toEqual([]))
  test(`has no file above ${maxLines} lines`, () => expect(tooLong(sources)).toEqual([]))

  test.each(['index.ts', 'codec.ts', 'files.ts'])('%s loads no ndarray, not even by way of another file', entry => {
    expect(sources.has(entry)).toBe(true)
    expect([...loads(graph, entry)].filter(name => /^ndarray/.test(name))).toEqual([])
  })
})

describe('the checks themselves', () => {
  const tree = (files: Readonly<Record<string, string>>): Sources => new Map(Object.entries(files))
  const graph = (files: Readonly<Record<string, string>>): Graph => graphOf(tree(files))

  test('see an import that goes up', () => {
    expect(upward(graph({ 'value/a.ts': "import { b } from '../expr/b.js'" }))).toEqual(['value/a.ts -> expr/b.ts'])
    expect(upward(graph({ 'expr/a.ts': "import type { b } from '../model/b.js'" }))).toHaveLength(1)
    expect(upward(graph({ 'cli/a.ts': "import { b } from '../index.js'" }))).toHaveLength(1)
    expect(upward(graph({ 'cli/a.ts': "export * from '../../spec/b.js'" }))).toHaveLength(1)
  })
  test('see siblings that meet', () => {
    expect(upward(graph({ 'layer/a.ts': "export { b } from '../backend/b.js'" }))).toHaveLength(1)
    expect(upward(graph({ 'backend/a.ts': "type B = import('../layer/b.js').B" }))).toHaveLength(1)
  })
  test('let an import go down, stay in its folder, or leave an entry', () => {
    expect(upward(graph({ 'expr/a.ts': "import { b } from '../value/b.js'; import './c.js'" }))).toEqual([])
    expect(upward(graph({ 'laws/index.ts': "import { b } from '../index.js'; import '../cli/c.js'" }))).toEqual([])
  })
  test('see a folder that has no place', () => {
    expect(outOfPlace(graph({ 'misc/a.ts': '', 'value/a.ts': '', 'index.ts': '' }))).toEqual(['misc/a.ts'])
  })
  test('see an import of nothing', () => {
    expect(missing(graph({ 'value/a.ts': "import './b.js'" }))).toEqual(['value/a.ts -> value/b.ts'])
  })
  test('see a cycle, but not one of types', () => {
    const b = "export { c } from './c.js'"
    const c = "export const c = () => import('./a.js')"
    expect(cyclic(graph({ 'value/a.ts': "import './b.js'", 'value/b.ts': b, 'value/c.ts': c }))).toHaveLength(3)
    expect(cyclic(graph({ 'value/a.ts': "import type { c } from './b.js'", 'value/b.ts': "import './a.js'" }))).toEqual(
      []
    )
  })
  test('see a cycle of types', () => {
    const files = graph({ 'value/a.ts': "import type { c } from './b.js'", 'value/b.ts': "import './a.js'" })
    expect(cyclicWithTypes(files)).toEqual(['value/a.ts', 'value/b.ts'])
  })
  test('see sub-folders that import each other, but not a folder and what is in it', () => {
    const circle = {
      'train/loss/a.ts': "import '../metric/deep/b.js'",
      'train/metric/deep/b.ts': "import type { C } from '../../stop/c.js'",
      'train/stop/c.ts': "import '../loss/d.js'",
      'train/loss/d.ts': ''
    }
    expect(cyclicFolders(graph(circle))).toEqual(['train/loss', 'train/metric', 'train/stop'])
    expect(
      cyclicFolders(graph({ 'train/a.ts': "import './loss/b.js'", 'train/loss/b.ts': "import '../c.js'" }))
    ).toEqual([])
  })
  test('see a pass that imports an engine, and code that is emitted importing what runs it', () => {
    const sees = (from: string, to: string): readonly string[] => notApart(graph({ [from]: `import '${to}'` }))
    expect(sees('backend/kernel/a.ts', '../wasm/emit/b.js')).toHaveLength(1)
    expect(sees('backend/kernel/a.ts', '../wasm/wasm.js')).toHaveLength(1)
    expect(sees('backend/wasm/emit/a.ts', '../runtime/b.js')).toHaveLength(1)
    expect(sees('backend/wasm/emit/a.ts', '../wasm.js')).toHaveLength(1)
    expect(sees('backend/wasm/runtime/a.ts', '../wasm.js')).toHaveLength(1)
    expect(sees('backend/wasm/runtime/a.ts', '../emit/b.js')).toEqual([])
    expect(sees('backend/wasm/emit/a.ts', '../../kernel/b.js')).toEqual([])
  })
  test('see ndarray', () => {
    const files = graph({
      'index.ts': "import './value/a.js'",
      'value/a.ts': "import ops from 'ndarray-ops'",
      'ndarray.ts': "import ndarray from 'ndarray'",
      'backend/reference/a.ts': "import ops from 'ndarray-ops'"
    })
    expect(ndarrayOutside(files)).toEqual(['value/a.ts -> ndarray-ops'])
    expect(loads(files, 'index.ts')).toContain('ndarray-ops')
  })
  test('see code made from text', () => {
    const bad = { 'a.ts': "new Function('return 1')", 'b.ts': "eval('1')", 'c.ts': "Function('1')()" }
    expect(codeFromText(tree({ ...bad, 'd.ts': "const s = 'new Function()' // eval()" }))).toEqual(Object.keys(bad))
  })
  test('see a long file', () => {
    expect(tooLong(tree({ 'a.ts': '\n'.repeat(400) + 'x', 'b.ts': '\n'.repeat(399) + 'x\n' }))).toEqual(['a.ts'])
  })
})
