/**
 * A recorded run that is killed without notice, or asked to end by SIGTERM or SIGHUP, at one moment after another until it
 * has ended: whether it ends as the run that was left
 * alone. `npm run sweep:kills` does it 200 times.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJson } from '../run/record/run.js'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/node/main.js')

/** milliseconds from a fixed sequence between 0 and `most` */
export const moments = function* (most: number): Generator<number, never> {
  for (let x = 12345; ; x = (Math.imul(x, 1664525) + 1013904223) >>> 0) yield (x / 2 ** 32) * most
}

const everySignal = ['SIGKILL', 'SIGTERM', 'SIGHUP'] as const

/** a second process at the same record, started at the same time: none, one beside it, or one in a pid namespace of its own */
export type Rival = 'none' | 'beside' | 'namespace'
const inNamespace = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child']
/** whether this machine lets a process make a pid namespace */
export const hasNamespaces = (): boolean =>
  spawnSync(inNamespace[0] as string, [...inNamespace.slice(1), 'true']).status === 0

/**
 * Ends a run `times` times by these signals in turn, in as many records as that takes, or as often as `seconds` allow. A rival may record
 * what is left; the record must come to the same end.
 */
export const kill = async (
  times: number,
  signals: readonly (typeof everySignal)[number][] = everySignal,
  rival: Rival = 'none',
  seconds = Infinity
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
  const inTime = (): boolean => performance.now() - began < seconds * 1000
  while (killed < times && inTime()) {
    const record = join(folder, `r${records++}`)
    for (let over = false; !over && killed < times && inTime();) {
      const child = spawn(process.execPath, args(record), { cwd: root, stdio: 'ignore' })
      const [command = '', ...rest] = [...(rival === 'namespace' ? inNamespace : []), process.execPath, ...args(record)]
      const other = rival === 'none' ? undefined : spawn(command, rest, { cwd: root, stdio: 'ignore' })
      const otherEnded = new Promise<void>(resolve => {
        if (other === undefined) resolve()
        else
          other.once('close', () => {
            resolve()
          })
      })
      const timer = setTimeout(() => child.kill(signals[killed % signals.length]), when.next().value)
      await new Promise<void>(resolve => {
        child.once('close', () => {
          resolve()
        })
      })
      clearTimeout(timer)
      // unshare ignores SIGTERM while it waits, and the run would go on to its end
      other?.kill(rival === 'namespace' ? 'SIGKILL' : signals[(killed + 1) % signals.length])
      await otherEnded
      over = existsSync(join(record, 'result.json'))
      if (!over) killed++
    }
    const last = spawnSync(process.execPath, args(record), { cwd: root, encoding: 'utf8' })
    if (last.status !== 0 || result(record) !== right) wrong.push(`${record}: ${last.stderr}`)
    rmSync(record, { recursive: true, force: true })
  }
  rmSync(folder, { recursive: true, force: true })
  return { wrong, killed, records }
}
