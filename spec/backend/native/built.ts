/** Builds the native products for tests, where there is a C compiler. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const script = join(import.meta.dirname, '../../../src/backend/native/addon/build.mjs')

/** runs the build script; what it says of a failure, or '' */
export const build = (...options: readonly string[]): string => {
  const { status, stderr } = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' })
  return status === 0 ? '' : stderr
}
export const folder = mkdtempSync(join(tmpdir(), 'gradfold-native-'))

const hasCompiler = spawnSync(process.env['CC'] ?? 'cc', ['--version']).status === 0
/** why tests of the native products are skipped here, or '' */
export const without = hasCompiler ? '' : ' (skipped: no C compiler here)'

const processor = ((): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    return ''
  }
})()
/** whether the processor multiplies and adds in one, as far as it says */
export const hasFma = /\bfma\b/.test(processor)
