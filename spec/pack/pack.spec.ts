/** The package as users get it: packed, installed into an empty project, run by plain Node, type-checked by three compilers. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSelfTest } from '../../src/backend/wasm/runtime/self-test.js'
import { describeWith } from '../support/components.js'
import { right } from '../support/either.js'

const root = join(import.meta.dirname, '../..')
const project = mkdtempSync(join(tmpdir(), 'gradfold-pack-'))
const installed = join(project, 'node_modules/gradfold')

/** what pages of one dense network load, by gzip. The aims are 90 kB and 60 kB (docs/guide/threads-and-browsers.md says what takes the room). */
const programs = [
  {
    does: 'trains',
    most: 127,
    contents: `import { adam, dense, epochs, fromArrays, input, model, relu, softmaxCrossEntropy, train, wasm } from 'gradfold'
      const net = model(input(4), dense(16), relu, dense(3))
      const settings = { model: net, loss: softmaxCrossEntropy, optimizer: adam(0.01), batchSize: 8, stop: epochs(3) }
      console.log(train(settings, { backend: wasm })(fromArrays([[1, 2, 3, 4]], [[1, 0, 0]]).right))`
  },
  {
    does: 'predicts from saved weights',
    most: 95,
    contents: `import { dense, input, model, predict, relu, softmax, wasm } from 'gradfold'
      import { decodeWeights } from 'gradfold/codec'
      const net = model(input(4), dense(16), relu, dense(3), softmax)
      const bytes = new Uint8Array(await (await fetch('weights')).arrayBuffer())
      console.log(predict(net, decodeWeights(net)(bytes).right.params, { backend: wasm }))`
  }
]

/** what it printed; throws what it complained about */
const run = (cwd: string, command: string, ...args: readonly string[]): string => {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (e) {
    const { stdout, stderr } = e as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  }
}
const node = (...args: readonly string[]): string => run(project, process.execPath, ...args)
const writeJson = (file: string, value: unknown): void => writeFileSync(join(project, file), JSON.stringify(value))

beforeAll(() => {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('nothing to pack: `npm run build` comes first')
  run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', project)
  const tarball = readdirSync(project).find(file => file.endsWith('.tgz')) as string
  writeJson('package.json', { name: 'consumer', private: true, type: 'module' })
  run(project, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, 'fast-check@4')
  for (const file of ['consumer.mjs', 'consumer.ts', 'core.mjs', 'native.mjs'])
    copyFileSync(join(import.meta.dirname, file), join(project, file))
  writeJson('tsconfig.json', {
    compilerOptions: { target: 'es2022', lib: ['es2022'], types: [], strict: true, skipLibCheck: false, noEmit: true },
    files: ['consumer.ts']
  })
})
afterAll(() => {
  rmSync(project, { recursive: true, force: true })
})

describe('what is packed', () => {
  test('has its licence, its sources, its types and nothing of the workshop', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'examples',
      'package.json',
      'src'
    ])
    const built = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' }).filter(f =>
      /\.\w+$/.test(f)
    )
    const endings = new Set(built.map(f => /(\.d)?\.\w+(\.map)?$/.exec(f)?.[0]))
    expect([...endings].sort()).toEqual(['.d.ts', '.d.ts.map', '.js', '.js.map', '.txt'])
  })
  test('holds the self-test that its sources make', () => {
    const files = readdirSync(join(installed, 'dist/node')).filter(f => f.endsWith('.js'))
    const text = files.map(f => readFileSync(join(installed, 'dist/node', f), 'utf8')).join('')
    for (const { bytes } of right(makeSelfTest()).parts) expect(text).toContain(Buffer.from(bytes).toString('base64'))
  })
  test.each(['index', 'codec', 'ndarray'])('holds a %s that bundles for pages', async entry => {
    const entryPoints = [join(installed, `dist/${entry}.js`)]
    const options = { bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'silent' } as const
    const { outputFiles, warnings } = await build({ entryPoints, ...options })
    expect([outputFiles.length, warnings]).toEqual([1, []])
  })
  test.each(programs)('lets a page that $does load at most $most kB', async ({ contents, most }) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false
    })
    const kilobytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1000
    expect(kilobytes).toBeGreaterThan(20)
    expect(kilobytes).toBeLessThan(most)
  })
  test('reads well to tools', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true })
    expect(messages.map(m => formatMessage(m, pkg, { color: false }))).toEqual([])
  })
})

describe('in plain Node', () => {
  test('every entry loads and works', () => expect(node('consumer.mjs')).toContain('consumer: ok'))
  test('the core loads no ndarray and makes no code from text', () =>
    expect(node('--disallow-code-generation-from-strings', 'core.mjs')).toContain('core: ok'))
  test('the command starts', () =>
    expect(run(project, join(project, 'node_modules/.bin/gradfold'), '--help')).toContain('gradfold'))
})

describeWith('gcc')('native products', () => {
  test('are missing without their package, which the message names', () =>
    expect(node('native.mjs')).toMatch(/Cannot find module.*gradfold-native-PLATFORM-PROCESSOR/))
  test('are found in their package, where nothing is compiled, and give the bits of Wasm', () => {
    const folder = join(project, 'built')
    run(root, process.execPath, 'src/backend/native/addon/build.mjs', '--file', join(folder, 'addon.node'), '--package')
    const [name = ''] = readdirSync(join(folder, 'packages'))
    expect(name).toBe(`gradfold-native-${process.platform}-${process.arch}`)
    cpSync(join(folder, 'packages', name), join(project, 'node_modules', name), { recursive: true })
    expect(node('native.mjs')).toBe('native: the same bits\n')
  })
})

describe.each([
  { name: 'TypeScript 5.9', compiler: 'ts5/lib/tsc.js' },
  { name: 'TypeScript 6', compiler: 'typescript/lib/tsc.js' },
  { name: 'TypeScript 7', compiler: 'ts7/bin/tsc' }
])('under $name', ({ compiler }) => {
  test.each([
    { module: 'nodenext', resolution: 'nodenext' },
    { module: 'esnext', resolution: 'bundler' }
  ])('types hold with module resolution $resolution', ({ module, resolution }) => {
    const tsc = join(root, 'node_modules', compiler)
    expect(node(tsc, '-p', '.', '--module', module, '--moduleResolution', resolution)).toBe('')
  })
})
