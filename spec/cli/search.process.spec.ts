/** Studies by the command, as processes of their own: with more and fewer workers, and killed. search.spec.ts has what is refused. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { irisStudy } from '../search/helpers.js'
import { moments } from './killed.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-search-cli-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const at = (name: string): string => join(folder, name)
const file = (name: string, study: object): string => {
  writeFileSync(at(name), JSON.stringify(study))
  return at(name)
}
const gradfold = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}
const search = (...args: readonly string[]) => gradfold('search', ...args)
/** kills it after so many milliseconds; false when it had ended before */
const killedAfter = async (ms: number, ...args: readonly string[]): Promise<boolean> => {
  const child = spawn(process.execPath, [main, 'search', ...args], { cwd: root, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  const signal = await new Promise(resolve => child.once('close', (_, s) => resolve(s)))
  clearTimeout(timer)
  return signal !== null
}

const zoomed = file('study.json', { ...irisStudy, budget: 9, zoom: { rounds: 3, keep: 2 } })
const other = file('other.json', { ...irisStudy, sampler: 'sobol' })
let took = 0
let whole = ''
beforeAll(() => {
  if (!existsSync(main)) throw new Error('nothing to run: `npm run build` comes first')
  const began = performance.now()
  whole = search(zoomed, '--workers', '1').stdout
  took = performance.now() - began
})

describe('the same study prints the same', () => {
  test('whatever the workers', () => {
    expect(whole).toMatch(/^\| round[^]*\| trial[^]*\nbest: trial \d+, \{"rate":[^]*\}\n$/)
    for (const workers of ['2', '4']) {
      const { status, stdout, stderr } = search(zoomed, '--workers', workers)
      expect([status, stdout]).toEqual([0, whole])
      expect(stderr).toMatch(/^1 trial done, best [^\n]*\n(\d+ trials done, best [^\n]*\n){8}$/)
    }
  })
  test('on either backend, told of every trial or not', () => {
    expect(search(zoomed, '--quiet', '--backend', 'reference')).toEqual({ status: 0, stdout: whole, stderr: '' })
    const lines = search(zoomed, '--quiet', '--json').stdout.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line) as object)).toMatchObject([{ tag: 'done', trials: 9 }])
  })
  test('killed at any moment, and gone on with', { timeout: 120_000 }, async () => {
    const when = moments(took)
    let killed = 0
    for (let i = 0; i < 2; i++) {
      const record = at(`killed${i}`)
      const args = [zoomed, '--workers', String(1 + i), '--record', record]
      for (let j = 0; j < 3; j++) if (await killedAfter(when.next().value, ...args)) killed++
      const { status, stdout } = search(...args)
      expect([status, stdout]).toEqual([0, whole])
      const trials = readdirSync(record).filter(name => name.startsWith('trial-'))
      expect(trials).toHaveLength(9)
      // what is there is not run again, and what it says does not change
      const before = trials.map(name => readFileSync(join(record, name), 'utf8'))
      expect(search(...args, '--resume').stdout).toBe(whole)
      expect(trials.map(name => readFileSync(join(record, name), 'utf8'))).toEqual(before)
    }
    expect(killed).toBeGreaterThan(1)
  })
  test('interrupted, and gone on with as it says', { timeout: 120_000 }, async () => {
    const [record, best] = [at('a study'), at("the best's.json")]
    const args = [zoomed, '--record', record, '--best', best, '--workers', '2']
    const child = spawn(process.execPath, [main, 'search', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.stderr.once('data', () => child.kill('SIGINT'))
    expect(await new Promise(resolve => child.once('close', resolve))).toBe(130)
    const said = /^stopped after (\d+ trials?), and saved; to resume: gradfold (search .*)\n$/m.exec(errors)
    expect(errors.split('\n').at(-3)).toMatch(new RegExp(`^${said?.[1]} done`))
    expect(existsSync(best)).toBe(false)
    const again = spawnSync(`"${process.execPath}" "${main}" ${said?.[2]}`, {
      shell: true,
      encoding: 'utf8',
      cwd: root
    })
    expect([again.status, again.stdout]).toEqual([0, whole])
    expect(readFileSync(best, 'utf8')).toBe(readFileSync(join(record, 'best.json'), 'utf8'))
  })
  test('meanwhile nobody else gets the folder', async () => {
    const record = at('held')
    const long = file('long.json', {
      ...irisStudy,
      run: { ...irisStudy.run, stop: { tag: 'epochs', count: 400 } },
      budget: 60
    })
    const child = spawn(process.execPath, [main, 'search', long, '--record', record], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe']
    })
    const ended = new Promise(resolve => child.once('close', resolve))
    await new Promise(resolve => child.stderr.once('data', resolve))
    child.stderr.resume()
    const { status, stdout, stderr } = search(long, '--record', record, '--json')
    child.kill('SIGKILL')
    await ended
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ tag: 'error', error: 'FileError' })
    expect(stderr).toMatch(/^gradfold: [^\n]*in use by process \d+[^\n]*\n$/)
  })
  test('and its best run trains to the number of its trial', () => {
    const [best, report] = [at('best.json'), at('report.html')]
    const lines = search(zoomed, '--workers', '1', '--json', '--best', best, '--report', report)
      .stdout.trimEnd()
      .split('\n')
    const done = JSON.parse(lines.at(-1) ?? '') as { readonly best: { readonly outcome: { readonly value: number } } }
    const trained = gradfold('train', best, '--json').stdout.trimEnd().split('\n')
    const epochs = trained.map(line => JSON.parse(line) as object).filter(e => 'tag' in e && e.tag === 'epoch')
    expect(epochs.at(-1)).toMatchObject({ validation: { loss: done.best.outcome.value } })
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>[^]*<svg [^]*<\/html>\n$/)
  })
})

describe('a recorded study', () => {
  test('is not gone on with on other data, and its best run is for the data that it was found on', () => {
    const rows = (seed: number): string =>
      `w,k\n${Array.from({ length: 24 }, (_, i) => `${((i * seed) % 7) - 3},${i % 2 === 0 ? 'a' : 'b'}`).join('\n')}\n`
    const csv = at('flowers.csv')
    const schema = { columns: { w: 'number', k: { categories: ['a', 'b'] } }, target: 'k' }
    const run = {
      ...irisStudy.run,
      batchSize: 4,
      data: { tag: 'csv', train: csv, schema },
      model: {
        input: [1],
        layers: [
          { tag: 'dense', units: { $: 'units' } },
          { tag: 'dense', units: 2 }
        ]
      }
    }
    const study = file('csv.json', { ...irisStudy, budget: 2, run })
    writeFileSync(csv, rows(3))
    expect(search(study, '--record', at('csv')).status).toBe(0)
    const again = search(study, '--record', at('csv'))
    expect(again.status).toBe(0)
    writeFileSync(csv, rows(5))
    const { status, stderr } = search(study, '--record', at('csv'))
    expect(status).toBe(2)
    expect(stderr).toContain('expected the folder of this study, on these data and with this version of gradfold')
    expect(gradfold('train', at('csv/best.json')).stderr).toContain('dataDigest: expected data with the SHA-256')
  })
})

describe('without WebAssembly', () => {
  const without = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['--no-expose-wasm', main, 'search', zoomed, ...args], { encoding: 'utf8', cwd: root })

  test('nothing is kept but the study, which the reference backend then carries out', () => {
    const record = at('unable')
    const { status, stdout, stderr } = without('--record', record)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*trial \d+\/wasm: expected WebAssembly[^\n]*reference backend[^\n]*\n$/)
    expect(readdirSync(record).filter(name => name !== 'lock')).toEqual(['study.json'])
    const again = without('--record', record, '--resume', '--fallback', '--quiet')
    expect([again.status, again.stdout]).toEqual([0, whole])
    expect(again.stderr).toMatch(/^gradfold: on the reference backend, since [^\n]*WebAssembly[^\n]*\n$/)
  })
})

describe('a study none of whose trials gives a value', () => {
  test('says why, and ends with 1', () => {
    const none = { ...irisStudy, budget: 2, run: { ...irisStudy.run, dataDigest: '0'.repeat(64) } }
    const { status, stdout } = search(file('none.json', none), '--workers', '1')
    expect(status).toBe(1)
    expect(stdout).toMatch(/\nno trial gave a value; trial 0: dataDigest: expected data with [^\n]*\n$/)
  })
})

describe('a run that is trained many times', () => {
  const { run } = irisStudy
  const model = { input: [4], layers: [{ tag: 'dense', units: 3 }] }
  const alone = file('run.json', { ...run, model, optimizer: 'adam', split: 'stratified' })
  test('prints mean, spread and interval of every score, the same for any number of workers', () => {
    const { status, stdout, stderr } = gradfold('train', alone, '--seeds', '3', '--workers', '1', '--quiet')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').map(line => line.split('|')[1]?.trim())).toEqual([
      'score',
      expect.stringMatching(/^-+$/),
      ...['train', 'validation', 'test'].flatMap(part => [`${part}/loss`, `${part}/accuracy`]),
      undefined
    ])
    const kept = gradfold('train', alone, '--seeds', '3', '--workers', '2', '--record', at('seeds'), '--quiet')
    expect(kept).toEqual({ status: 0, stdout, stderr: '' })
    // its folder holds the study, which batch systems and queues take
    expect(search(at('seeds/study.json'), '--record', at('seeds'), '--quiet').stdout).toBe(stdout)
    expect(gradfold('collect', at('seeds')).stdout).toBe(stdout)
    expect(gradfold('trial', at('seeds/study.json'), '--out', at('other'), '--index', '2').status).toBe(0)
    expect(readFileSync(at('other/trial-000002.json'), 'utf8')).toBe(
      readFileSync(at('seeds/trial-000002.json'), 'utf8')
    )
  })
  test('or once for each fold; as JSON too', () => {
    const { status, stdout } = gradfold('train', alone, '--folds', '4', '--json', '--quiet')
    const done = JSON.parse(stdout) as { readonly trials: number; readonly summary: readonly object[] }
    expect([status, done.trials]).toEqual([0, 4])
    expect(done.summary[2]).toMatchObject({
      name: 'validation/loss',
      count: 4,
      interval: [expect.any(Number), expect.any(Number)]
    })
  })
})

test('the folder of another study is refused in one line, with 2', () => {
  const { status, stdout, stderr } = search(other, '--record', at('killed0'))
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
})
