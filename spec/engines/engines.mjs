// `npm run test:engines`: the golden runs on every engine that can be had here, compared with spec/golden/digests.json.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { markdownTable } from 'markdown-table'
import { emulatedNode, fromNpm, onPath } from './found.mjs'
import { differing } from './golden.mjs'
import { open } from './browser.mjs'

const usage = `npm run test:engines -- [--all] [--only node-22,firefox] [--readme]
  --all     an engine that is not here is a failure
  --only    these engines, with commas between them
  --readme  put the table into docs/reference/engines.md`
const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    readme: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})
const at = name => fileURLToPath(new URL(name, import.meta.url))

/** the first line of what went wrong */
const reason = e =>
  String(e?.stderr || e?.message || e)
    .trim()
    .split('\n')[0]

/** why the native products cannot be built for a kind of processor, or undefined; built once each */
const built = {}
const buildNative = (...target) =>
  (built[target] ??= promisify(execFile)(process.execPath, [
    at('../../src/backend/native/addon/build.mjs'),
    ...target
  ]).then(() => undefined, reason))

/** an engine that runs a file, with what stands before it on the command line; `target` is the processor, for the native products */
const program = async (target, file, ...before) => {
  const run = async (kind, threads) => {
    const { stdout } = await promisify(execFile)(file, [...before, at('run.mjs'), kind, String(threads)], {
      maxBuffer: 1e8,
      timeout: 1_800_000
    })
    return JSON.parse(stdout)
  }
  return { run, native: () => buildNative(...target), close: async () => undefined }
}
const npm =
  (name, version, ...before) =>
  async () =>
    program([], await fromNpm(name, version), ...before)
const browser =
  (kind, variable, ...names) =>
  async () =>
    open(kind, onPath(variable, ...names))

const fromRegistry = 'needs the npm registry'
const engines = [
  ...[20, 22, 24, 26].map(major => ({
    id: `node-${major}`,
    name: 'Node',
    start: npm('node', String(major)),
    hint: fromRegistry
  })),
  ...[24, 26].map(major => ({
    id: `node-${major}-arm64`,
    name: 'Node, arm64 emulated',
    start: async () => program(['--arm64'], ...(await emulatedNode(String(major)))),
    hint: 'apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross; for native gcc-aarch64-linux-gnu'
  })),
  { id: 'deno', name: 'Deno', start: npm('deno', '2', 'run', '--allow-all'), hint: fromRegistry },
  { id: 'bun', name: 'Bun', start: npm('bun', '1'), hint: fromRegistry },
  {
    id: 'chromium',
    name: 'Chromium',
    engine: 'V8',
    start: browser('chrome', 'CHROMIUM', 'chromium', 'chromium-browser', 'google-chrome'),
    hint: 'apt-get install chromium, or CHROMIUM=path'
  },
  {
    id: 'firefox',
    name: 'Firefox',
    engine: 'SpiderMonkey',
    start: browser('firefox', 'FIREFOX', 'firefox-esr', 'firefox'),
    hint: 'apt-get install firefox-esr, or FIREFOX=path'
  }
]
const cells = [
  { title: 'reference', kind: 'reference', threads: 1 },
  ...['wasm', 'native'].flatMap(kind =>
    [1, 2, 3].map(threads => ({ title: `${kind}, ${threads} thread${threads > 1 ? 's' : ''}`, kind, threads }))
  )
]

const { digests: golden } = JSON.parse(readFileSync(at('../golden/digests.json'), 'utf8'))
const count = Object.keys(golden).length
/** what came of asking an engine for golden runs */
const judged = async (ask, threads) => {
  try {
    const { digests, workers, seconds, ...about } = await ask()
    const differ = differing(golden, digests)
    const alone = threads > 1 && workers === 0
    const word = differ.length > 0 ? `**${differ.length} differ**` : alone ? 'no threads' : 'equal'
    return { word, ok: differ.length === 0 && !alone, differ, workers, seconds, ...about }
  } catch (e) {
    return { word: '**failed**', ok: false, error: reason(e) }
  }
}
const ofEngine = async ({ id, name, engine, start, hint }) => {
  let started
  try {
    started = await start()
  } catch (e) {
    console.error(`${name} is not here (${hint}): ${reason(e)}`)
    return { id, name, here: false, hint, reason: reason(e), cells: [] }
  }
  const row = { id, name, here: true, engine, version: started.version, cells: [] }
  const without = started.native === undefined ? 'a page' : await started.native()
  if (without !== undefined) console.error(`${name}: no native products, since: ${without}`)
  for (const cell of cells) {
    if (cell.kind === 'native' && without !== undefined) {
      row.cells.push({ ...cell, word: '', ok: true })
      continue
    }
    const {
      version = row.version,
      engine = row.engine,
      ...got
    } = await judged(() => started.run(cell.kind, cell.threads), cell.threads)
    Object.assign(row, { version, engine })
    row.cells.push({ ...cell, ...got })
    console.error(`${name} ${version}, ${cell.title}: ${got.word} ${got.error ?? `${got.seconds.toFixed(1)} s`}`)
    for (const run of got.differ ?? []) console.error(`  ${run}`)
  }
  if (started.limited !== undefined) {
    row.limited = await judged(started.limited, 1)
    console.error(`${name} ${row.version}, pages with less leave: ${row.limited.word} ${row.limited.error ?? ''}`)
  }
  await started.close()
  return row
}

const table = rows =>
  markdownTable([
    ['runs on', 'engine', ...cells.map(c => c.title)],
    ...rows.map(row =>
      row.here
        ? [`${row.name} ${row.version}`, row.engine, ...row.cells.map(c => c.word)]
        : [row.name, 'not here', ...cells.map(() => '')]
    )
  ])

if (options.help) console.log(usage)
else {
  const wanted = options.only?.split(',')
  const unknown = wanted?.filter(id => !engines.some(e => e.id === id)) ?? []
  if (unknown.length > 0)
    throw new Error(`--only: one of ${engines.map(e => e.id).join(', ')}, not ${unknown.join(', ')}`)
  const rows = []
  for (const engine of engines)
    if (wanted === undefined || wanted.includes(engine.id)) rows.push(await ofEngine(engine))
  const text = table(rows)
  console.log(`\n${count} golden runs in each cell, compared by SHA-256\n\n${text}`)
  writeFileSync(at('results.json'), `${JSON.stringify({ count, rows }, null, 1)}\n`)
  if (options.readme) {
    const page = at('../../docs/reference/engines.md')
    const [start, end] = ['<!-- engines: made by `npm run test:engines -- --readme` -->', '<!-- /engines -->']
    const [before, rest] = readFileSync(page, 'utf8').split(start)
    if (rest === undefined) throw new Error('docs/reference/engines.md has no place for the table')
    writeFileSync(page, `${before}${start}\n\n${text}\n\n${end}${rest.split(end)[1]}`)
  }
  const failed = rows.some(r => (r.here ? r.cells.some(c => !c.ok) || r.limited?.ok === false : options.all))
  process.exitCode = failed ? 1 : 0
}
