/** The command as a process of its own, as it is built. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { diverging } from '../run/helpers.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')
const xor = join(root, 'examples/xor.json')

beforeAll(() => {
  if (!existsSync(main)) throw new Error('nothing to run: `npm run build` comes first')
})

const gradfold = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    input,
    encoding: 'utf8',
    cwd: root
  })
  return { status, stdout, stderr }
}

/** what a run that keeps nothing says at its end */
const notKept = 'nothing is kept of this run: --out FILE saves its pipeline, --record FOLDER the whole run\n'

describe('the process', () => {
  test('trains, and says so to machines', () => {
    const { status, stdout, stderr } = gradfold(['train', xor, '--json'])
    expect([status, stderr]).toEqual([0, ''])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { readonly tag: string })
    expect(new Set(events.slice(0, -1).map(e => e.tag))).toEqual(new Set(['epoch']))
    expect(events.at(-1)).toMatchObject({ tag: 'done', train: { metrics: {} } })
  })
  test('learns xor', () => {
    const { stdout } = gradfold(['train', '-', '--json', '--quiet'], readFileSync(xor, 'utf8'))
    const done = JSON.parse(stdout) as { readonly train: { readonly loss: number } }
    expect(done.train.loss).toBeLessThan(0.001)
  })
  test('exits with 1 when a run fails', () => {
    const text = JSON.stringify(diverging)
    const { status, stderr } = gradfold(['train', '-', '--quiet'], text)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^gradfold: [^\n]*finite[^\n]*\n$/)
  })
  test.each([[['train', 'none.json']], [['train', '-']], [['--no']]])('exits with 2 and one line for %j', args => {
    const { status, stdout, stderr } = gradfold(args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
  })
  test.skipIf(!existsSync('/dev/full'))('fails where its output cannot be written', () => {
    const out = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [main, 'train', xor], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', out, 'pipe']
    })
    closeSync(out)
    const full = 'gradfold: output: expected a place that can be written, got ENOSPC\n'
    expect([status, stderr]).toEqual([1, `${notKept}${full}`])
  })
  test('flags that nothing could come of are refused', () => {
    const of = (...args: readonly string[]): string => {
      const { status, stdout, stderr } = gradfold(['train', xor, ...args])
      expect([status, stdout]).toEqual([2, ''])
      return stderr
    }
    expect(of('--every', '5')).toBe(
      'gradfold: every: expected a record to keep, got none; it goes with --record or --store\n'
    )
    expect(of('--record', '')).toBe('gradfold: record: expected the path of a folder, got ""\n')
    expect(of('--store', '')).toBe('gradfold: store: expected the path of a folder, got ""\n')
    expect(of('--record', 'never-made', '--every', '1e3')).toBe(
      'gradfold: every: expected a whole number, 1 or more, got 1e3\n'
    )
  })
  test('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [main, 'train', xor], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.stdout.once('data', () => child.stdout.destroy())
    await new Promise(resolve => child.once('close', resolve))
    // a run this short may be at its end by then
    expect(['', notKept]).toContain(errors)
  })
  test('has a version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
    expect(gradfold(['--version']).stdout).toBe(`${version}\n`)
  })
})

// V8 can be told to lack something (no SIMD: on a processor without the instructions)
describe.each([
  ['WebAssembly', ['--no-expose-wasm']],
  ...(process.arch === 'x64' ? [['SIMD', ['--no-enable-sse4-1', '--no-enable-ssse3']] as const] : [])
] as const)('without %s', (_, flags) => {
  const without = (...args: readonly string[]) =>
    spawnSync(process.execPath, [...flags, main, 'train', xor, '--json', ...args], { encoding: 'utf8', cwd: root })

  test('exits with 1 and names the reference backend', () => {
    const { status, stdout, stderr } = without()
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^{"tag":"error".*reference backend[^\n]*\n$/)])
    expect(stderr).toMatch(/^gradfold: [^\n]*expected WebAssembly with SIMD[^\n]*reference backend[^\n]*\n$/)
  })
  test('--fallback: the same numbers, and one line that says why they took longer', () => {
    const { status, stdout, stderr } = without('--fallback')
    expect([status, stdout]).toEqual([0, gradfold(['train', xor, '--json']).stdout])
    expect(stderr).toMatch(/^gradfold: on the reference backend, since [^\n]*WebAssembly[^\n]*\n$/)
  })
})
