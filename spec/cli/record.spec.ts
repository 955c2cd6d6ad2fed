/** Recorded runs by the command, in this process; record.process.spec.ts has signals, kills and locks. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadWeights } from '../../src/run/weights.js'
import { runJson, runOf } from '../run/record/run.js'
import { gradfold as command } from './helpers.js'
import { right } from '../support/either.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-record-cli-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const file = (name: string, epochs: number): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(runJson(epochs)))
  return path
}
const at = (name: string): string => join(folder, name)
const gradfold = async (...args: readonly string[]) => {
  const { code, out, err } = await command(args)
  return { status: code, stdout: out, stderr: err }
}
const resultOf = (record: string): string => readFileSync(join(record, 'result.json'), 'utf8')
const short = file('short.json', 3)

describe('recorded runs', () => {
  test('are verified, compared, and hand out the weights of any step', async () => {
    const [a, b] = [at('a'), at('b')]
    const first = await gradfold('train', short, '--record', a, '--quiet')
    expect(first.status).toBe(0)
    expect(first.stderr).toMatch(/^run [0-9a-f]{12} recorded in .*, final state [0-9a-f]{12}\n$/)
    expect(
      (await gradfold('train', short, '--record', b, '--backend', 'reference', '--every', '2', '--quiet')).status
    ).toBe(0)
    expect(await gradfold('verify', a)).toEqual({
      status: 0,
      stdout: 'identical: 18 steps, 3 epochs, 2 checkpoints\n',
      stderr: ''
    })
    expect(await gradfold('diff', a, b)).toEqual({ status: 0, stdout: 'the same 18 steps\n', stderr: '' })
    const weights = at('weights.safetensors')
    expect((await gradfold('at', a, '--step', '7', '--out', weights)).status).toBe(0)
    expect(Object.keys(right(await loadWeights(runOf(3).model)(weights)()).params)).toContain('dense2')
    const named = at('weights.any')
    const { stdout } = await gradfold('at', a, '--step', '7', '--out', named, '--format', 'safetensors')
    expect(stdout).toBe(`weights after step 7 saved as ${named}\n`)
    expect(readFileSync(named)).toEqual(readFileSync(weights))
    expect((await gradfold('at', a, '--step', '7', '--out', named, '--format', 'zip')).status).toBe(2)
  })
  test.each([
    ['run.json', JSON.stringify(runJson(3))],
    ['result.json', '{ "mine": 1 }'],
    ['epochs.jsonl', 'mine']
  ])('leave a %s of somebody else alone', async (name, text) => {
    const mine = at(`mine-${name}`)
    mkdirSync(mine)
    writeFileSync(join(mine, name), text)
    for (const more of [[], ['--again']]) {
      const { status, stdout, stderr } = await gradfold('train', short, '--record', mine, ...more)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toContain(`expected the folder of a record, or a new one, got one with a ${name} of its own`)
    }
    expect(readFileSync(join(mine, name), 'utf8')).toBe(text)
    expect(readdirSync(mine).filter(n => n !== 'lock')).toEqual([name])
  })
  test('say what differs between two', async () => {
    const c = at('c')
    await gradfold('train', file('longer.json', 4), '--record', c, '--quiet')
    const { status, stdout } = await gradfold('diff', at('a'), c)
    expect(status).toBe(1)
    expect(stdout).toBe('stop/count: 3, 4\nsteps recorded: 18, 24\nthe same 18 steps\n')
  })
  test('say so to machines too', async () => {
    const read = (text: string): unknown => JSON.parse(text)
    expect(read((await gradfold('verify', at('a'), '--json')).stdout)).toEqual({
      tag: 'identical',
      steps: 18,
      epochs: 3,
      checkpoints: 2,
      skipped: []
    })
    expect(read((await gradfold('diff', at('a'), at('c'), '--json')).stdout)).toEqual({
      tag: 'diff',
      changes: [{ path: ['stop', 'count'], a: 3, b: 4 }],
      steps: { a: 18, b: 24 },
      damaged: []
    })
    const { status, stdout, stderr } = await gradfold('verify', 'nowhere', '--json')
    expect([status, read(stdout)]).toMatchObject([2, { tag: 'error', error: 'FileError' }])
    expect(stderr).toMatch(/^gradfold: nowhere: expected the record of a run, got no run.json in it/)
  })
  test('with damaged steps are named', async () => {
    const torn = at('torn')
    cpSync(at('a'), torn, { recursive: true })
    writeFileSync(join(torn, 'steps.bin'), readFileSync(join(torn, 'steps.bin')).subarray(0, -300))
    const said = new RegExp(`^damaged: ${torn}/steps.bin: expected sound rows of 18 steps, got \\d+\n`, 'm')
    expect((await gradfold('verify', torn)).stderr).toMatch(said)
    expect((await gradfold('diff', torn, at('a'))).stderr).toMatch(said)
    expect((await gradfold('at', torn, '--step', '3', '--out', at('w.safetensors'))).stderr).toMatch(said)
    expect((await gradfold('resume', torn)).stderr).toMatch(said)
    expect(await gradfold('verify', torn)).toMatchObject({ status: 0, stderr: '' })
  })
  test('that lie are found out, with 1', async () => {
    const changed = at('changed')
    cpSync(at('a'), changed, { recursive: true })
    const result = JSON.parse(resultOf(changed)) as object
    writeFileSync(join(changed, 'result.json'), JSON.stringify({ ...result, reason: 'patience' }))
    expect(await gradfold('verify', changed)).toEqual({
      status: 1,
      stdout: 'different at step 18: reason of the end\n',
      stderr: expect.stringMatching(/^damaged: [^\n]*the file was changed after the run had ended\n$/) as string
    })
  })
  test('are kept in a store by their names, and begin where another one with the same start has come to', async () => {
    const store = at('store')
    expect((await gradfold('train', short, '--store', store, '--quiet')).status).toBe(0)
    const { status, stderr } = await gradfold('train', file('longer.json', 4), '--store', store, '--quiet')
    expect(status).toBe(0)
    expect(stderr).toMatch(
      /^the first 18 steps are those of the run [0-9a-f]{12}: not repeated\nrun [0-9a-f]{12} recorded/
    )
    expect(readdirSync(store)).toHaveLength(2)
    expect((await gradfold('train', short, '--store', store, '--quiet')).stderr).toMatch(
      /had ended before: not repeated/
    )
  })
  test('are not repeated', async () => {
    const { status, stderr } = await gradfold('train', short, '--record', at('a'), '--quiet')
    expect(status).toBe(0)
    expect(stderr).toMatch(/had ended before: not repeated/)
  })
  test('what is none is called what it is, with the command that takes it', async () => {
    const study = at('a study')
    mkdirSync(study)
    writeFileSync(join(study, 'study.json'), '{}')
    const none = 'expected the folder of a recorded run, got'
    const asFile = `gradfold: ${short}: ${none} a file; gradfold train takes a run file, and records it with --record\n`
    const asStudy = `gradfold: ${study}: ${none} that of a study; to resume it: gradfold search '${study}/study.json' --record '${study}'\n`
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
        expect(await gradfold(command, path, ...more)).toEqual({ status: 2, stdout: '', stderr: said })
    expect((await gradfold('train', at('a'))).stderr).toBe(
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
  ])('%s: one line, and 2', async (_, args) => {
    const named: Readonly<Record<string, string>> = { A: at('a'), D: at('d'), S: short, L: file('other.json', 5) }
    const { status, stdout, stderr } = await gradfold(...args.map(a => named[a] ?? a))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^gradfold: [^\n]*\n$/)
  })
})
