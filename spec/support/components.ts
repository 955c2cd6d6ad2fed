/**
 * Programs that some tests need and not every machine has. Where one is absent its tests are skipped, and the last lines of `npm test` name
 * it. `npm test -- --all` runs them all the same, so that absence is a failure. `npm run setup:test` installs what is missing.
 */
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

interface Component {
  /** names of its program; the first that is on the PATH is used */
  readonly programs: readonly string[]
  /** the variable of the environment that may hold the path of the program */
  readonly variable: string
}
export const components = JSON.parse(readFileSync(join(import.meta.dirname, 'components.json'), 'utf8')) as Readonly<
  Record<'gcc' | 'chromium' | 'firefox', Component>
>
export type ComponentName = keyof typeof components

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
/** the path of its program, if it is here */
export const programOf = (name: ComponentName): string | undefined => {
  const { programs, variable } = components[name]
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return process.env[variable] ?? programs.flatMap(p => folders.map(f => join(f, p))).find(isProgram)
}
/** `describe` for tests that need a component; the title says which, and spec/run-tests.mjs reads it there */
export const describeWith =
  (name: ComponentName) =>
  (title: string, tests: () => void): void => {
    const skipped = programOf(name) === undefined && process.env['GRADFOLD_TEST_ALL'] === undefined
    describe.skipIf(skipped)(`${title} [needs ${name}]`, tests)
  }
