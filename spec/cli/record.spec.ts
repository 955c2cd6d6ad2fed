/** Recorded runs by the command, as processes of their own: interrupted, killed, started twice. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadWeights } from '../../src/run/weights.js'
import { runJson, runOf } from '../run/record/run.js'
import { kill } from './killed.js'
import { right } from '../support/either.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-record-cli-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
beforeAll(() => {
  if (!existsSync(main)) throw new Error('nothing to run: `npm run build` comes first')
})
const file = (name: string, epochs: number): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(runJson(epochs)))
  return path
}
const at = (name: string): string => join(folder, name)
const gradfold = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}
const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [main, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
const resultOf = (record: string): string => readFileSync(join(record, 'result.json'), 'utf8')
const short = file('short.json', 3)

describe('recorded runs', () => {
  test('are verified, compared, and hand out the weights of any step', async () => {
    const [a, b] = [at('a'), at('b')]
    const first = gradfold('train', short, '--record', a, '--quiet')
    expect(first.status).toBe(0)
    expect(first.stderr).toMatch(/^run [0-9a-f]{12} recorded in .*, final state [0-9a-f]{12}\n$/)
    expect(gradfold('train', short, '--record', b, '--backend', 'reference', '--every', '2', '--quiet').status).toBe(0)
    expect(gradfold('verify', a)).toEqual({
      status: 0,
      stdout: 'identical: 18 steps, 3 epochs, 2 checkpoints\n',
      stderr: ''
    })
    expect(gradfold('diff', a, b)).toEqual({ status: 0, stdout: 'the same 18 steps\n', stderr: '' })
    const weights = at('weights.safetensors')
    expect(gradfold('at', a, '--step', '7', '--out', weights).status).toBe(0)
    expect(Object.keys(right(await loadWeights(runOf(3).model)(weights)()).params)).toContain('dense2')
  })
  test.each([
    ['run.json', JSON.stringify(runJson(3))],
    ['result.json', '{ "mine": 1 }'],
    ['epochs.jsonl', 'mine']
  ])('leave a %s of somebody else alone', (name, text) => {
    const mine = at(`mine-${name}`)
    mkdirSync(mine)
    writeFileSync(join(mine, name), text)
    for (const more of [[], ['--again']]) {
      const { status, stdout, stderr } = gradfold('train', short, '--record', mine, ...more)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toContain(`expected the folder of a record, or a new one, got one with a ${name} of its own`)
    }
    expect(readFileSync(join(mine, name), 'utf8')).toBe(text)
    expect(readdirSync(mine).filter(n => n !== 'lock')).toEqual([name])
  })
  test('say what differs between two', () => {
    const c = at('c')
    gradfold('train', file('longer.json', 4), '--record', c, '--quiet')
    const { status, stdout } = gradfold('diff', at('a'), c)
    expect(status).toBe(1)
    expect(stdout).toBe('stop/count: 3, 4\nsteps recorded: 18, 24\nthe same 18 steps\n')
  })
  test('say so to machines too', () => {
    const read = (text: string): unknown => JSON.parse(text)
    expect(read(gradfold('verify', at('a'), '--json').stdout)).toEqual({
      tag: 'identical',
      steps: 18,
      epochs: 3,
      checkpoints: 2,
      skipped: []
    })
    expect(read(gradfold('diff', at('a'), at('c'), '--json').stdout)).toEqual({
      tag: 'diff',
      changes: [{ path: ['stop', 'count'], a: 3, b: 4 }],
      steps: { a: 18, b: 24 },
      damaged: []
    })
    const { status, stdout, stderr } = gradfold('verify', 'nowhere', '--json')
    expect([status, read(stdout)]).toMatchObject([2, { tag: 'error', error: 'FileError' }])
    expect(stderr).toMatch(/^gradfold: nowhere: expected the record of a run, got no run.json in it/)
  })
  test('with damaged steps are named', () => {
    const torn = at('torn')
    cpSync(at('a'), torn, { recursive: true })
    writeFileSync(join(torn, 'steps.bin'), readFileSync(join(torn, 'steps.bin')).subarray(0, -300))
    const said = new RegExp(`^damaged: ${torn}/steps.bin: expected sound rows of 18 steps, got \\d+\n`, 'm')
    expect(gradfold('verify', torn).stderr).toMatch(said)
    expect(gradfold('diff', torn, at('a')).stderr).toMatch(said)
    expect(gradfold('at', torn, '--step', '3', '--out', at('w.safetensors')).stderr).toMatch(said)
    expect(gradfold('resume', torn).stderr).toMatch(said)
    expect(gradfold('verify', torn)).toMatchObject({ status: 0, stderr: '' })
  })
  test('that lie are found out, with 1', () => {
    const changed = at('changed')
    cpSync(at('a'), changed, { recursive: true })
    const result = JSON.parse(resultOf(changed)) as object
    writeFileSync(join(changed, 'result.json'), JSON.stringify({ ...result, reason: 'patience' }))
    expect(gradfold('verify', changed)).toEqual({
      status: 1,
      stdout: 'different at step 18: reason of the end\n',
      stderr: ''
    })
  })
  test('are kept in a store by their names, and begin where another one with the same start has come to', () => {
    const store = at('store')
    expect(gradfold('train', short, '--store', store, '--quiet').status).toBe(0)
    const { status, stderr } = gradfold('train', file('longer.json', 4), '--store', store, '--quiet')
    expect(status).toBe(0)
    expect(stderr).toMatch(
      /^the first 18 steps are those of the run [0-9a-f]{12}: not repeated\nrun [0-9a-f]{12} recorded/
    )
    expect(readdirSync(store)).toHaveLength(2)
    expect(gradfold('train', short, '--store', store, '--quiet').stderr).toMatch(/had ended before: not repeated/)
  })
  test('are not repeated', () => {
    const { status, stderr } = gradfold('train', short, '--record', at('a'), '--quiet')
    expect(status).toBe(0)
    expect(stderr).toMatch(/had ended before: not repeated/)
  })
  test('what is none is called what it is, with the command that takes it', () => {
    const study = at('a study')
    mkdirSync(study)
    writeFileSync(join(study, 'study.json'), '{}')
    const none = 'expected the folder of a recorded run, got'
    const asFile = `gradfold: ${short}: ${none} a file; gradfold train takes a run file, and records it with --record\n`
    const asStudy = `gradfold: ${study}: ${none} that of a study; to go on with it: gradfold search '${study}/study.json' --record '${study}'\n`
    for (const [path, said] of [
      [short, asFile],
      [study, asStudy]
    ] as const)
      for (const [command, ...more] of [
        ['resume'],
        ['verify'],
        ['diff', at('a')],
        ['at', '--step', '1', '--out', at('none.safetensors')]
      ] as const)
        expect(gradfold(command, path, ...more)).toEqual({ status: 2, stdout: '', stderr: said })
    expect(gradfold('train', at('a')).stderr).toBe(
      `gradfold: ${at('a')}: expected a run file, got a folder; gradfold resume takes the folder of a recorded run, and run.json in it is a run file\n`
    )
  })
  test.each([
    ['a folder that is no record', ['resume', 'nowhere']],
    ['a step beyond the run', ['at', 'A', '--step', '99', '--out', 'x.safetensors']],
    ['no file for the weights', ['at', 'A', '--step', '1', '--out', '']],
    ['a step that is no number', ['at', 'A', '--step', 'x', '--out', 'x.safetensors']],
    ['no whole number of steps', ['train', 'S', '--record', 'D', '--every', '0']],
    ['a record and a store', ['train', 'S', '--record', 'D', '--store', 'D']],
    ['a record of another run', ['train', 'L', '--record', 'A']]
  ])('%s: one line, and 2', (_, args) => {
    const named: Readonly<Record<string, string>> = { A: at('a'), D: at('d'), S: short, L: file('other.json', 5) }
    const { status, stdout, stderr } = gradfold(...args.map(a => named[a] ?? a))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
  })
  test('interrupted, they save and say how to go on; meanwhile nobody else gets the folder', async () => {
    const [whole, record, long] = [at('whole'), at('interrupted'), file('long.json', 400)]
    expect(gradfold('train', long, '--record', whole, '--quiet').status).toBe(0)
    const child = start('train', long, '--record', record)
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const ended = new Promise<number | null>(resolve => child.once('close', resolve))
    await new Promise(resolve => child.stdout?.once('data', resolve))
    child.stdout?.resume()
    const second = gradfold('resume', record)
    expect(second.status).toBe(2)
    expect(second.stderr).toMatch(/in use by process \d+/)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(errors).toMatch(/^stopped after epoch \d+, step [\d,]+, and saved; to resume: gradfold resume \S+\n$/)
    expect(gradfold('resume', record, '--quiet').status).toBe(0)
    expect(resultOf(record)).toBe(resultOf(whole))
  })
  test('killed at any moment, they go on and end the same', { timeout: 300_000 }, async () => {
    const { wrong, killed } = await kill(8)
    expect(wrong).toEqual([])
    expect(killed).toBeGreaterThan(2)
  })
})
