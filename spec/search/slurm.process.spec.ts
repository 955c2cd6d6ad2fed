/** A study by job arrays of Slurm, as docs/guide/search.md says, with a controller, a node and munge of its own. Needs root. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../support/components.js'
import { irisStudy } from './helpers.js'

const main = join(import.meta.dirname, '../../dist/node/main.js')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-slurm-'))
const at = (name: string): string => join(folder, name)
const host = hostname().split('.')[0] ?? 'localhost'
const [controllerPort, nodePort] = [20_000 + (process.pid % 10_000), 30_001 + (process.pid % 10_000)]
const configuration = [
  'ClusterName=gradfold',
  `SlurmctldHost=${host}(127.0.0.1)`,
  'SlurmUser=root',
  'AuthType=auth/munge',
  `AuthInfo=socket=${at('munge.sock')}`,
  'CryptoType=crypto/munge',
  `SlurmctldPort=${controllerPort}`,
  `SlurmdPort=${nodePort}`,
  ...[
    'StateSaveLocation=state',
    'SlurmdSpoolDir=spool',
    'SlurmctldPidFile=controller.pid',
    'SlurmdPidFile=node.pid'
  ].map(row => row.replace('=', `=${folder}/`)),
  'ProctrackType=proctrack/linuxproc',
  'TaskPlugin=task/none',
  'SelectType=select/cons_tres',
  'ReturnToService=2',
  `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
  `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`
]
const env = { ...process.env, SLURM_CONF: at('slurm.conf') }
const running: ChildProcess[] = []
const start = (command: string, ...args: readonly string[]): void => {
  running.push(spawn(command, args, { stdio: 'ignore', env }))
}
const ran = (command: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env, cwd: folder })
  return { status, stdout, stderr }
}
/** waits until something holds, or for 20 seconds */
const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 100 && !holds(); i++) await new Promise(resolve => setTimeout(resolve, 200))
}
afterAll(async () => {
  const ended = running.map(child => new Promise(resolve => child.once('exit', resolve)))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(ended)
  rmSync(folder, { recursive: true, force: true })
})
const filesOf = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(at(name))
      .filter(f => f !== 'lock')
      .map(f => [f, readFileSync(join(at(name), f), 'utf8')])
  )

describeWith('slurm')('a study by job arrays', () => {
  beforeAll(async () => {
    chmodSync(folder, 0o755)
    for (const name of ['state', 'spool', 'munge']) mkdirSync(at(name), { mode: 0o700 })
    writeFileSync(at('munge/key'), randomBytes(1024), { mode: 0o400 })
    writeFileSync(at('slurm.conf'), `${configuration.join('\n')}\n`)
    start(
      'munged',
      ...['--foreground', '--force', `--key-file=${at('munge/key')}`, `--socket=${at('munge.sock')}`],
      ...[`--pid-file=${at('munge/pid')}`, `--log-file=${at('munge/log')}`, `--seed-file=${at('munge/seed')}`]
    )
    await until(() => existsSync(at('munge.sock')))
    start('slurmctld', '-D', '-f', at('slurm.conf'))
    start('slurmd', '-D', '-f', at('slurm.conf'))
    await until(() => ran('sinfo', '-h', '-o', '%T').stdout.includes('idle'))
  })

  test('gives the folder of one process, with one processor a task', () => {
    const study = at('study.json')
    writeFileSync(study, JSON.stringify({ ...irisStudy, budget: 4, zoom: { rounds: 2, keep: 1 } }))
    const gradfold = (...args: readonly string[]) => ran(process.execPath, main, ...args)
    expect(gradfold('search', study, '--record', 'alone', '--quiet').status).toBe(0)
    const ranges: string[] = []
    for (;;) {
      const { stdout } = gradfold('collect', 'rate', '--study', study, '--array')
      const next = stdout.trim()
      if (next === '' || ranges.length > 3) break
      ranges.push(next)
      const trial = `${process.execPath} ${main} trial ${study} --out rate`
      const array = [`--array=${next}`, '--cpus-per-task=1', '--open-mode=append', '--output=rate-%a.log']
      const { status, stderr } = ran('sbatch', '--wait', ...array, `--wrap=${trial}`)
      expect([status, stderr]).toEqual([0, ''])
    }
    expect(ranges).toEqual(['0-1', '2-3'])
    expect(gradfold('collect', 'rate').status).toBe(0)
    expect(filesOf('rate')).toEqual(filesOf('alone'))
  })
})
