/** Recorded runs by the command, as processes of their own: interrupted, killed, started twice. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runJson } from '../run/record/run.js'
import { kill } from './killed.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-record-process-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
beforeAll(() => {
  if (!existsSync(main)) throw new Error('nothing to run: `npm run build` comes first')
})
const at = (name: string): string => join(folder, name)
const file = (name: string, epochs: number): string => {
  writeFileSync(at(name), JSON.stringify(runJson(epochs)))
  return at(name)
}
const gradfold = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}
const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [main, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
const resultOf = (record: string): string => readFileSync(join(record, 'result.json'), 'utf8')

describe('recorded runs', () => {
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
  test('several are verified on threads, and each is said in the order given', () => {
    const short = file('short.json', 3)
    const [good, changed] = [at('good'), at('changed')]
    expect(gradfold('train', short, '--record', good, '--quiet').status).toBe(0)
    cpSync(good, changed, { recursive: true })
    const result = JSON.parse(resultOf(changed)) as object
    writeFileSync(join(changed, 'result.json'), JSON.stringify({ ...result, reason: 'patience' }))
    const identical = 'identical: 18 steps, 3 epochs, 2 checkpoints\n'
    const [none, noneSaid] = [at('none'), `gradfold: ${at('none')}: expected the record of a run, `]

    expect(gradfold('verify', good, good, '--workers', '2')).toEqual({
      status: 0,
      stdout: `${good}: ${identical}`.repeat(2),
      stderr: ''
    })
    const all = gradfold('verify', none, good, changed, good, '--workers', '2', '--threads', '1')
    expect(all).toMatchObject({
      status: 1,
      stdout: `${good}: ${identical}${changed}: different at step 18: reason of the end\n${good}: ${identical}`
    })
    expect(all.stderr.startsWith(noneSaid)).toBe(true)
    expect(all.stderr).toContain(`${changed}: damaged: `)
    const { status, stdout } = gradfold('verify', none, good, '--json')
    expect(status).toBe(2)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown)
    ).toMatchObject([
      { tag: 'error', record: none, error: 'FileError' },
      { tag: 'identical', record: good, steps: 18 }
    ])
    expect(gradfold('verify', good, good, '--workers', '0')).toMatchObject({
      status: 2,
      stderr: 'gradfold: workers: expected a whole number from 1 to 256, got 0\n'
    })
  })
  test('killed at any moment, they go on and end the same', { timeout: 300_000 }, async () => {
    const { wrong, killed } = await kill(8)
    expect(wrong).toEqual([])
    expect(killed).toBeGreaterThan(2)
  })
})

/** a disk of 2 MB in a mount namespace of the test: it needs no rights, and is gone with the process */
const inNamespace = ['--user', '--map-root-user', '--mount', 'sh', '-ec']
const hasMounts = spawnSync('unshare', [...inNamespace, `mount -t tmpfs tmpfs ${folder}`]).status === 0

describe.skipIf(!hasMounts && process.env['GRADFOLD_TEST_ALL'] === undefined)(
  'a disk that fills up in the middle of a run [needs namespaces]',
  () => {
    test('ends it with exit code 1 and how to resume; with more room it comes to the same end', () => {
      const [run, whole, small] = [at('wide.json'), at('wide'), at('small')]
      const wide = {
        ...runJson(6),
        model: { input: [3], layers: [{ tag: 'dense', units: 9000 }, 'tanh', { tag: 'dense', units: 1 }] }
      }
      writeFileSync(run, JSON.stringify(wide))
      expect(gradfold('train', run, '--record', whole, '--quiet').status).toBe(0)
      const script = `
      mkdir "$SMALL"; mount -t tmpfs -o size=2m tmpfs "$SMALL"
      set +e
      "$NODE" "$MAIN" train "$RUN" --record "$SMALL/r" --quiet 2> "$SMALL.errors"; echo $?
      mount -o remount,size=64m "$SMALL"
      "$NODE" "$MAIN" resume "$SMALL/r" --quiet > "$SMALL.said"; echo $?
      cat "$SMALL/r/result.json"`
      const env = { ...process.env, NODE: process.execPath, MAIN: main, RUN: run, SMALL: small }
      const { stdout } = spawnSync('unshare', [...inNamespace, script], { encoding: 'utf8', cwd: root, env })
      expect(readFileSync(`${small}.errors`, 'utf8')).toMatch(/ENOSPC[\s\S]*gradfold resume /)
      const [failed, resumed, ...result] = stdout.split('\n').filter(line => !line.startsWith('run '))
      expect([failed, resumed]).toEqual(['1', '0'])
      expect(result.join('\n').trim()).toBe(resultOf(whole).trim())
    })
  }
)
