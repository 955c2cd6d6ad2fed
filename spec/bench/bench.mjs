// `npm run bench`: gradfold beside its peers, all in one run, one core, each cell a process of its own, the repeats interleaved.
// Options: --quick; --all (slower uses too); --only W1,W2; --peers gradfold,jax-js; --seconds, --warm, --repeats; --budget (seconds
// for the whole run: repeats that would begin later are left out); --dist FOLDER (another build of gradfold)
// `--against COMMIT` compares this build with that of an earlier commit instead of with peers (--pairs N, at least 15 unless --quick)
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { against, minPairs } from './against.mjs'
import { lineOf, measure, peersWith, training } from './cells.mjs'
import { lossTable, markdown, millisecondsTable, ratioTable, resultsOf, startTable, targetTable } from './report.mjs'
import { build, install, tools } from './setup.mjs'

const here = import.meta.dirname
const text = { type: 'string' }
const { values: o } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    only: text,
    peers: text,
    seconds: text,
    warm: text,
    repeats: text,
    budget: text,
    dist: text,
    against: text,
    pairs: text
  }
})
const seconds = o.seconds ?? (o.quick ? '0.3' : '0.8')
const warm = o.warm ?? (o.quick ? '0.1' : '0.6')
const repeats = Number(o.repeats ?? (o.quick ? 1 : 3))
const budget = Number(o.budget ?? 440)
const growthSteps = o.quick ? 10_000 : 100_000

const began = performance.now()
const elapsed = () => (performance.now() - began) / 1e3
install()
if (o.dist === undefined) build()
else process.env.BENCH_DIST = resolve(o.dist)

const found = tools()
if (o.against !== undefined) {
  const pairs = Math.max(Number(o.pairs ?? minPairs), o.quick ? 1 : minPairs)
  const rows = against(o.against, { only: o.only, pairs, dist: o.dist, core: found.core, seconds, warm })
  writeFileSync(
    join(here, 'against.json'),
    JSON.stringify({ against: o.against, node: process.version, rows }, null, 1)
  )
  process.exit()
}
const wanted = (list, name) => list === undefined || list.split(',').includes(name)
const peers = peersWith(found).filter(p => (o.peers === undefined ? o.all || !p.extra : wanted(o.peers, p.peer)))
const cellsOf = (list = peers) =>
  [...new Set(list.flatMap(p => p.on))]
    .filter(w => wanted(o.only, w))
    .flatMap(w => list.filter(p => p.on.includes(w)).map(p => [p, w]))

const print = (...lines) => console.log(lines.join('\n') + '\n')
const note = l =>
  console.error(`${elapsed().toFixed(0).padStart(4)} s  ${l.peer} ${l.workload}: ${l.why ?? `${l.ms} ms`}`)

// ---- do they do the same work? Data, first weights and Adam's usual rate; no dropout, whose masks must differ
const learning = { BENCH_RATE: '1e-3', BENCH_DROPOUT: '0', BENCH_SECONDS: '0', BENCH_WARM: '0' }
const comparable = cellsOf(peers.filter(p => !p.otherWork))
const trained = comparable
  .filter(([, w]) => training.includes(w))
  .map(([p, w]) => {
    console.error(`${elapsed().toFixed(0).padStart(4)} s  losses of ${p.peer} ${w}`)
    return measure(p, w, { core: found.core, settings: learning })
  })

// ---- the measurement
const settings = { BENCH_SECONDS: seconds, BENCH_WARM: warm }
const limitsNow = () =>
  lineOf([process.execPath, join(here, 'limits.mjs'), ...(found.limits ? [found.limits] : [])], { core: found.core })
/** not bound to a core */
const coresNow = () => lineOf([process.execPath, join(here, 'limits.mjs'), '--cores'])
/** ms until a program that does nothing begins */
const emptyNow = () => lineOf([process.execPath, join(here, 'peers/empty.mjs')], { core: found.core }).imported
const lines = []
const limits = []
const empty = []
for (let repeat = 0; repeat < repeats && (repeat === 0 || elapsed() < budget); repeat++) {
  limits.push({ ...limitsNow(), ...coresNow() })
  empty.push(emptyNow())
  for (const [p, w] of cellsOf()) {
    // the whole table once, whatever it takes; more of it while there is time
    if (repeat > 0 && elapsed() > budget) break
    const line = { repeat, ...measure(p, w, { core: found.core, settings }) }
    note(line)
    lines.push(line)
  }
}
const growth =
  wanted(o.only, 'W5') && wanted(o.peers, 'gradfold')
    ? lineOf([process.execPath, '--expose-gc', join(here, 'peers/growth.mjs'), 'W5', String(growthSteps)], {
        core: found.core
      })
    : undefined

const deep =
  o.only === undefined && wanted(o.peers, 'gradfold')
    ? [10, 50, 100, 200].map(layers =>
        lineOf([process.execPath, join(here, 'peers/layers.mjs'), String(layers)], { core: found.core })
      )
    : []

// ---- the report
const r = resultsOf(lines, peers, empty)
const limitNames = Object.keys(limits[0]).filter(k => typeof limits[0][k] === 'number')
const best = name => Math.max(...limits.map(l => l[name] ?? 0))
const limit = Math.max(best('128-bit mul+add'), best('wasm 128-bit mul+add'))
// what is not trained has no losses that depend on these settings
const compared = [...trained, ...lines.filter(l => l.repeat === 0 && !training.includes(l.workload))]
const losses = lossTable(compared, peers)
const { versions, core } = found

print(
  `${cpus()[0]?.model}; ${Object.entries(versions)
    .map(v => v.join(' '))
    .join(', ')}`,
  `${core === undefined ? 'not bound to a core' : `bound to core ${core}`}; ${repeats} repeats of ${seconds} s after ${warm} s; ${elapsed().toFixed(0)} s in all`
)
print(
  markdown(
    ['limits of one core, f32 GFLOP/s', ...limitNames],
    [['best of the run', ...limitNames.map(n => best(n).toFixed(n.includes('cores') ? 2 : 1))]]
  )
)
print(losses.table)
print(millisecondsTable(r), '', '~ somebody else had the core for more than a twentieth of the time')
print(ratioTable(r, peers))
for (const w of ['W2', 'W1'].filter(w => r.columns.includes(w))) print(startTable(r, w))
if (growth !== undefined) print(`memory while gradfold trains on W5: ${JSON.stringify(growth)}`)
if (deep.length > 0)
  print(
    markdown(
      ['dense layers of 64, ReLU, Adam', 'first step, ms', 'again, compiled, ms', 'modules', 'kB'],
      deep.map(d => [d.layers, d.firstMs, d.againMs, d.modules, d.kB].map(String))
    )
  )
print(targetTable(r, { limit, growth }))
for (const why of new Set(lines.filter(l => l.why).map(l => `${l.peer} ${l.workload}: ${l.why}`))) print(why)

writeFileSync(
  join(here, 'results.json'),
  JSON.stringify(
    {
      machine: cpus()[0]?.model,
      versions,
      settings: { seconds, warm, repeats },
      limits,
      empty,
      losses: compared,
      lines,
      growth,
      deep
    },
    null,
    1
  )
)
// what is compared must be the same work
if (!losses.agree) process.exitCode = 1
