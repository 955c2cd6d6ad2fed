// `npm test`: runs Vitest, then closes with one line that counts: `N passed, N failed`. Fails too when no test ran.
// Arguments go to Vitest: `npm test -- spec/value`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradfold-test-'))
const file = join(folder, 'report.json')

const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)],
  { stdio: ['ignore', 'inherit', 'inherit'] }
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

const passed = report?.numPassedTests ?? 0
// a file that could not even be loaded has no tests to count: it is one failure
const broken = report?.testResults.filter(f => f.status === 'failed' && f.assertionResults.length === 0).length ?? 0
const counted = (report?.numFailedTests ?? 0) + broken
// an error outside of any test, or a crash
const outside = counted === 0 && status !== 0 ? 1 : 0

if (passed + counted === 0) console.error('no test ran')
process.exitCode = status === 0 && passed > 0 ? 0 : 1
console.log(`${passed} passed, ${counted + outside} failed`)
