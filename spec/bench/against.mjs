// `npm run bench -- --against COMMIT`: this build beside the build of an earlier commit, in pairs, so that both meet the same machine.
// Each build is measured by the script of its own commit, since names differ between them. The order of a pair alternates: A B, B A.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { markdown } from './report.mjs'
import { lineOf } from './cells.mjs'

const here = import.meta.dirname
const root = join(here, '../..')
/** what a ratio is shown for; the start of a process is taken from the same lines */
const workloads = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6a', 'W6b', 'W7a', 'W7b']
export const minPairs = 15

const must = (command, args, cwd) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`)
  return stdout.trim()
}

/** the folder of a built commit, made once and kept: sources, its own dependencies, its own build */
export const builtCommit = commit => {
  const id = must('git', ['rev-parse', '--verify', `${commit}^{commit}`], root)
  const folder = join(root, 'node_modules/.cache/bench', id.slice(0, 12)) // no tool looks for our files there
  if (existsSync(join(folder, 'built'))) return { id, folder }
  console.error(`building ${id.slice(0, 7)} ...`)
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, 'sources.tar')
  must('git', ['archive', '--output', archive, id], root)
  must('tar', ['-xf', archive, '-C', folder], root)
  must('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], folder)
  must('npm', ['run', 'build'], folder)
  writeFileSync(join(folder, 'built'), id)
  return { id, folder }
}

/** how many of the n smallest and largest values lie outside a 95 % interval of the median (exact, by the binomial distribution) */
const outside = n => {
  let [below, probability, k] = [0, 2 ** -n, 0]
  for (; k < n / 2; k++) {
    if (2 * (below + probability) > 0.05) break
    below += probability
    probability = (probability * (n - k)) / (k + 1)
  }
  return k
}

const sorted = values => [...values].sort((a, b) => a - b)
const medianOf = values => {
  const s = sorted(values)
  const half = s.length >> 1
  return s.length % 2 === 1 ? s[half] : (s[half - 1] + s[half]) / 2
}

/** the median of the ratios of pairs, with a 95 % interval; `pairs`: [ours, theirs] in the same unit */
export const ratioOf = pairs => {
  const ratios = sorted(pairs.map(([ours, theirs]) => ours / theirs))
  const k = Math.max(outside(ratios.length), 1)
  return { pairs: ratios.length, median: medianOf(ratios), low: ratios[k - 1], high: ratios[ratios.length - k] }
}

const measured = (folder, workload, { core, seconds, warm }) =>
  lineOf([process.execPath, join(folder, 'spec/bench/peers/gradfold.mjs'), 'gradfold', 'public', workload], {
    core,
    env: { BENCH_SECONDS: seconds, BENCH_WARM: warm, BENCH_THREADS: '1', BENCH_DIST: join(folder, 'dist') }
  })
/** ms until a program that does nothing begins */
const emptyStart = core => lineOf([process.execPath, join(here, 'peers/empty.mjs')], { core }).imported

/** n pairs of lines of one workload: A B B A A B B A ... */
const pairsOf = (ours, theirs, workload, n, settings) =>
  Array.from({ length: n }, (_, i) => {
    const empty = emptyStart(settings.core)
    const first = measured(i % 2 === 0 ? ours : theirs, workload, settings)
    const second = measured(i % 2 === 0 ? theirs : ours, workload, settings)
    const [mine, other] = i % 2 === 0 ? [first, second] : [second, first]
    for (const line of [mine, other]) if (line.why !== undefined) throw new Error(`${workload}: ${line.why}`)
    return { empty, mine, other }
  })

const rowOf = (name, pairs, of) => {
  const values = pairs.map(p => [of(p.mine, p.empty), of(p.other, p.empty)])
  const r = ratioOf(values)
  const ms = side => medianOf(values.map(v => v[side])).toPrecision(4)
  return { name, ...r, cells: [name, ms(0), ms(1), r.median.toFixed(3), `${r.low.toFixed(3)} to ${r.high.toFixed(3)}`] }
}

/** measures, prints a table, and returns its rows */
export const against = (commit, { only, pairs = minPairs, dist, ...settings }) => {
  const { id, folder } = builtCommit(commit)
  const ours = dist === undefined ? root : resolve(dist, '..')
  const wanted = workloads.filter(w => only === undefined || only.split(',').includes(w))
  const rows = wanted.flatMap(w => {
    console.error(`${w}: ${pairs} pairs`)
    const lines = pairsOf(ours, folder, w, pairs, settings)
    const step = rowOf(w, lines, line => line.ms)
    if (w !== 'W2') return [step]
    return [
      step,
      rowOf('import', lines, (line, empty) => line.imported - empty),
      rowOf('first step of W2', lines, (line, empty) => line.first - line.made - empty)
    ]
  })
  console.log(`this build beside ${id.slice(0, 7)}: ms, and the ratio of ${pairs} pairs (below 1: faster now)\n`)
  console.log(
    markdown(
      ['', 'this build', id.slice(0, 7), 'median ratio', '95 % interval'],
      rows.map(r => r.cells)
    )
  )
  return rows.map(({ cells: _, ...row }) => row)
}
