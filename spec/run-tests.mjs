// `npm test`: runs Vitest, then closes with one line that counts: `N passed, N failed`. Fails too when no test ran.
// --tiers unit,integration,slow: which (see spec/tiers.ts; `npm test` runs the first two). Above the count stands what could not run, for
// example `not run: chromium (3 tests)`; with --all that is a failure. Other arguments go to Vitest: `npm test -- spec/value`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradfold-test-'))
const file = join(folder, 'report.json')

const given = process.argv.slice(2)
const tiersAt = given.indexOf('--tiers')
const tiers = tiersAt < 0 ? ['unit', 'integration', 'slow'] : given[tiersAt + 1].split(',')
const rest = given.filter((arg, i) => arg !== '--all' && (tiersAt < 0 || (i !== tiersAt && i !== tiersAt + 1)))

const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    ...tiers.flatMap(tier => ['--project', tier]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...rest
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(given.includes('--all') ? { GRADFOLD_TEST_ALL: '1' } : {}) }
  }
)

/** null when Vitest died before it could write one */
const report = (() => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
})()
rmSync(folder, { recursive: true, force: true })

/** component -> how many tests were skipped for lack of it; their titles say what they need (spec/support/components.ts) */
const absent = new Map()
for (const { status, fullName } of (report?.testResults ?? []).flatMap(f => f.assertionResults)) {
  const component = /\[needs (\w+)\]/.exec(fullName)?.[1]
  if (component !== undefined && status !== 'passed' && status !== 'failed')
    absent.set(component, (absent.get(component) ?? 0) + 1)
}

const passed = report?.numPassedTests ?? 0
// a file that could not even be loaded has no tests to count: it is one failure
const broken = report?.testResults.filter(f => f.status === 'failed' && f.assertionResults.length === 0).length ?? 0
const counted = (report?.numFailedTests ?? 0) + broken
// an error outside of any test, or a crash
const outside = counted === 0 && status !== 0 ? 1 : 0

if (passed + counted === 0) console.error('no test ran')
for (const [component, count] of absent)
  console.log(`not run: ${component} (${count} test${count === 1 ? '' : 's'}; npm run setup:test installs it)`)
process.exitCode = status === 0 && passed > 0 ? 0 : 1
console.log(`${passed} passed, ${counted + outside} failed`)
