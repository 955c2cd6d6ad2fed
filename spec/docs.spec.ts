/** The documentation is true: its code compiles against the sources, its programs print what they say, its links lead somewhere. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { blocksOf, documents } from './support/markdown.js'

const blocks = documents().flatMap(file => blocksOf(file))
const { options } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: d => expect.fail(ts.flattenDiagnosticMessageText(d.messageText, ' '))
  }
) as ts.ParsedCommandLine

/** what the compiler says of each text, as if it were a file beside the specs */
const messagesOf = (texts: readonly string[]): readonly (readonly string[])[] => {
  const files = new Map(texts.map((text, i) => [join(process.cwd(), `spec/block-${i}.ts`).replaceAll('\\', '/'), text]))
  const inner = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...inner,
    fileExists: file => files.has(file) || inner.fileExists(file),
    readFile: file => files.get(file) ?? inner.readFile(file),
    getSourceFile: (file, version) => {
      const text = files.get(file)
      return text === undefined ? inner.getSourceFile(file, version) : ts.createSourceFile(file, text, version)
    }
  }
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], noUnusedLocals: false, noUnusedParameters: false },
    host
  )
  return [...files.keys()].map(file => {
    const source = program.getSourceFile(file)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(d =>
      ts.flattenDiagnosticMessageText(d.messageText, ' ')
    )
  })
}

describe('the documentation', () => {
  it('has TypeScript that compiles, or is refused with the message that it shows', { timeout: 180_000 }, () => {
    const messages = messagesOf(blocks.map(({ code }) => `${code}\nexport {}\n`))
    const wrong = blocks.flatMap(({ at, code, refused }, i) => {
      const said = messages[i] ?? []
      if (!refused) return said.map(message => `${at}: ${message}`)
      const shown = [...code.matchAll(/^\/\/ *([^~\n]*[^~\s])$/gm)].map(([, line = '']) => line).join(' ')
      return said.some(message => message.includes(shown)) ? [] : [`${at}: ${shown} <> ${said.join(' ')}`]
    })
    expect(wrong).toEqual([])
  })
  it('names files that exist', () => {
    const links = documents().flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g)].map(([, to = '']) => ({
        file,
        to
      }))
    )
    expect(links.length).toBeGreaterThan(20)
    expect(links.filter(({ file, to }) => !existsSync(join(dirname(file), to)))).toEqual([])
  })
})

describe('the programs of the documentation', () => {
  it.each(blocks.filter(b => b.runs))('print what $at says', ({ code }) => {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 }
    })
    // the built package, by its own name
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', outputText], {
      encoding: 'utf8'
    })
    const shown = code
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^\/\/ /, '')
    expect([stdout.trim(), stderr]).toEqual([shown, ''])
  })
})
