/** Running the compilers that users have over generated programs, against the declarations that the package would publish. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** package alias -> what it is */
export const compilers = { ts5: 'TypeScript 5.9', typescript: 'TypeScript 6', ts7: 'TypeScript 7' } as const
export type Compiler = keyof typeof compilers

const tsc = (compiler: Compiler, ...args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', compiler, 'bin/tsc'), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28
  })
  return `${stdout}${stderr}`
}

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

/** a folder of its own, below node_modules so that packages are found from it */
export const workspace = (name: string): string => {
  const folder = join(root, 'node_modules/.cache/gradfold-types', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** the declarations of src/, as the package has them */
export const declarations = (folder: string): void => {
  write(folder, {
    'tsconfig.json': JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: join(root, 'src'),
        outDir: join(folder, 'gradfold'),
        paths: {}
      },
      include: ['index', 'extend', 'search'].map(name => join(root, `src/${name}.ts`))
    })
  })
  tsc('ts7', '-p', folder)
}

export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly column: number
  /** the first line, beginning with its number: `TS2345: Argument of type ...` */
  readonly message: string
}
export interface Checked {
  readonly errors: readonly Diagnostic[]
  readonly instantiations: number
}

const diagnostic = (line: string): readonly Diagnostic[] => {
  const m = /(?:^|\/)([\w.-]+\.ts)\((\d+),(\d+)\): error (.*)$/.exec(line)
  return m === null ? [] : [{ file: m[1] as string, line: Number(m[2]), column: Number(m[3]), message: m[4] as string }]
}

/** what the compiler says, and the declaration at the top of a file in which it says so */
export interface Complaint {
  /** from the root of the project */
  readonly file: string
  readonly within: string
  readonly message: string
}
const complaint = (line: string): readonly Complaint[] => {
  const [, path, number, message] = /^(.+\.ts)\((\d+),\d+\): error (.*)$/.exec(line) ?? []
  if (path === undefined || message === undefined) return []
  const above = readFileSync(path, 'utf8').split('\n').slice(0, Number(number)).reverse()
  const within = above.flatMap(l => /^(?:export )?(?:const|type|interface) (\w+)/.exec(l)?.[1] ?? [])[0]
  const file = /.*\/((?:src|spec)\/.*)/.exec(path)?.[1] ?? path
  return [{ file, within: within ?? path, message }]
}

/** what the compiler says of files of the project, and all that they import, where some had another text; paths are from its root */
export const checkChanged = (
  compiler: Compiler,
  folder: string,
  files: readonly string[],
  texts: Readonly<Record<string, string>>
): readonly Complaint[] => {
  for (const part of ['src', 'spec/expr']) cpSync(join(root, part), join(folder, part), { recursive: true })
  write(folder, {
    ...texts,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { paths: {} },
      include: [],
      files
    })
  })
  return tsc(compiler, '-p', folder).split('\n').flatMap(complaint)
}

/** type-checks files of a consumer of the package whose declarations are in `library` */
export const check = (compiler: Compiler, library: string, files: Readonly<Record<string, string>>): Checked => {
  const folder = join(library, compiler)
  write(folder, {
    ...files,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022'],
        types: ['node'],
        module: 'nodenext',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
        noEmit: true,
        extendedDiagnostics: true,
        paths: {
          gradfold: ['../gradfold/index.d.ts'],
          'gradfold/extend': ['../gradfold/extend.d.ts'],
          'gradfold/search': ['../gradfold/search.d.ts']
        }
      },
      files: Object.keys(files)
    })
  })
  const output = tsc(compiler, '-p', folder)
  return {
    errors: output.split('\n').flatMap(diagnostic),
    instantiations: Number(/Instantiations:\s+(\d+)/.exec(output)?.[1])
  }
}
