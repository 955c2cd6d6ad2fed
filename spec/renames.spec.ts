/**
 * docs/renames.json says what became of each public name of 0.1.0, for people and for programs. docs/migrating.md is made from it:
 * `UPDATE=readme npx vitest run spec/renames.spec.ts` writes it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

interface Renames {
  /** entry point -> old name -> new name */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** of options, of arguments and of fields of records of options */
  readonly options: Readonly<Record<string, string>>
  /** names of `gradfold` that are in `gradfold/extend` now */
  readonly movedToExtend: readonly string[]
  /** names of `gradfold` that were internals */
  readonly removed: readonly string[]
}
const renames = JSON.parse(readFileSync('docs/renames.json', 'utf8')) as Renames

const files: Readonly<Record<string, string>> = {
  gradfold: 'src/index.ts',
  'gradfold/extend': 'src/extend.ts',
  'gradfold/codec': 'src/codec.ts',
  'gradfold/files': 'src/files.ts',
  'gradfold/search': 'src/search.ts',
  'gradfold/ndarray': 'src/ndarray.ts',
  'gradfold/laws': 'src/laws/index.ts'
}
/** the names that each entry point exports, types too */
const exportsOf = (): Readonly<Record<string, ReadonlySet<string>>> => {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => expect.fail('tsconfig.json') }
  ) as ts.ParsedCommandLine
  const program = ts.createProgram(Object.values(files), options)
  const checker = program.getTypeChecker()
  return Object.fromEntries(
    Object.entries(files).map(([entry, file]) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol
      return [entry, new Set(checker.getExportsOfModule(module).map(s => s.name))]
    })
  )
}
const exported = exportsOf()
/** the entry points that export a name, the one it was in first */
const entriesOf = (name: string, first: string): readonly string[] =>
  [first, ...Object.keys(files)].filter((entry, i, all) => all.indexOf(entry) === i && exported[entry]?.has(name))

const code = (name: string): string => `\`${name}\``
const page = `# Migrating from 0.1.0

Made from [renames.json](renames.json), which programs can read. Run files, weights, checkpoints, records and studies of 0.1.0 can still be read: the names in
files did not change (an optimizer is still \`{ "tag": "scale" }\`, a schedule \`{ "tag": "joined" }\`). Other changes are in the [changelog](../CHANGELOG.md).

## Options, arguments and fields

| old | new |
|---|---|
${Object.entries(renames.options)
  .map(([old, now]) => `| ${code(old)} | ${code(now)} |`)
  .join('\n')}

\`{ ...families, kinds: extendKinds({ mine }), losses: { ... } }\` becomes \`extend(builtIn, { layers: { mine }, losses: { ... } })\`, passed as \`registry\`.
\`familyCodec('loss', losses)\`, \`optimizerCodec\` and the like become \`codecsOf(builtIn).loss\`, \`codecsOf(builtIn).optimizer\`. \`numericalGradient\` with its old
meaning is \`extrapolatedGradient\`.

## Names

${[...Object.entries(renames.names)]
  .reverse()
  .map(([entry, names]) =>
    [
      `### \`${entry}\``,
      '',
      '| old | new | in |',
      '|---|---|---|',
      ...[...Object.entries(names)]
        .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
        .map(([old, now]) => `| ${code(old)} | ${code(now)} | ${code(entriesOf(now, entry)[0] ?? '')} |`),
      ''
    ].join('\n')
  )
  .join('\n')}
## Moved from \`gradfold\` to \`gradfold/extend\`

${renames.movedToExtend.map(code).join(' ')}

## Removed

These were internals: ${renames.removed.map(code).join(' ')}
`

describe('docs/renames.json', () => {
  it('names new names that exist', () => {
    const missing = Object.entries(renames.names).flatMap(([entry, names]) =>
      Object.values(names).filter(name => entriesOf(name, entry).length === 0)
    )
    expect(missing).toEqual([])
    expect(renames.movedToExtend.filter(name => !exported['gradfold/extend']?.has(name))).toEqual([])
  })
  /** old names that stay for one release, since programs show errors with them */
  const kept = ['message']
  it('does not name what is still there', () => {
    const still = Object.entries(renames.names).flatMap(([entry, names]) =>
      Object.keys(names).filter(name => exported[entry]?.has(name) && !kept.includes(name))
    )
    const all = [...renames.movedToExtend, ...renames.removed]
    expect([...still, ...all.filter(name => exported['gradfold']?.has(name))]).toEqual([])
  })
  it('lists every name in docs/migrating.md as it is', () => {
    if (process.env['UPDATE'] === 'readme') writeFileSync('docs/migrating.md', page)
    else expect(readFileSync('docs/migrating.md', 'utf8')).toBe(page)
  })
})
