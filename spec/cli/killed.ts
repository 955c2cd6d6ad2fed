/**
 * A recorded run that is killed without notice, or asked to end by SIGTERM or SIGHUP, at one moment after another until it
 * has ended: whether it ends as the run that was left
 * alone. `npm run sweep:kills` does it 200 times.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJson } from '../run/record/run.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')

/** milliseconds from a fixed sequence between 0 and `most` */
export const moments = function* (most: number): Generator<number, never> {
  for (let x = 12345; ; x = (Math.imul(x, 1664525) + 1013904223) >>> 0) yield (x / 2 ** 32) * most
}

/** the exit codes of runs that save at a signal and end */
const codes: Readonly<Record<string, number>> = { SIGTERM: 143, SIGHUP: 129 }
const everySignal = ['SIGKILL', 'SIGTERM', 'SIGHUP'] as const

/** ends a run `times` times by these signals in turn, in as many records as that takes */
export const kill = async (
  times: number,
  signals: readonly (typeof everySignal)[number][] = everySignal
): Promise<{ readonly wrong: readonly string[]; readonly killed: number; readonly records: number }> => {
  const folder = mkdtempSync(join(tmpdir(), 'gradfold-kill-'))
  const run = join(folder, 'run.json')
  writeFileSync(run, JSON.stringify(runJson(120)))
  const args = (record: string): readonly string[] => [
    main,
    ...['train', run, '--record', record, '--every', '5', '--quiet', '--threads', '1']
  ]
  const began = performance.now()
  spawnSync(process.execPath, args(join(folder, 'whole')), { cwd: root })
  const took = performance.now() - began
  const result = (record: string): string => readFileSync(join(record, 'result.json'), 'utf8')
  const right = result(join(folder, 'whole'))
  const when = moments(took)
  const wrong: string[] = []
  let killed = 0
  let records = 0
  while (killed < times) {
    const record = join(folder, `r${records++}`)
    for (let over = false; !over && killed < times;) {
      const child = spawn(process.execPath, args(record), { cwd: root, stdio: 'ignore' })
      const timer = setTimeout(() => child.kill(signals[killed % signals.length]), when.next().value)
      const ended = await new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
      clearTimeout(timer)
      over = ended !== null && !Object.values(codes).includes(ended)
      if (!over) killed++
    }
    const last = spawnSync(process.execPath, args(record), { cwd: root, encoding: 'utf8' })
    if (last.status !== 0 || result(record) !== right) wrong.push(`${record}: ${last.stderr}`)
    rmSync(record, { recursive: true, force: true })
  }
  rmSync(folder, { recursive: true, force: true })
  return { wrong, killed, records }
}
