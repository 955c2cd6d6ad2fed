/**
 * Programs that some tests need and not every machine has. Where one is absent its tests are skipped, and the last lines of `npm test` name
 * it. `npm test -- --all` runs them all the same, so that absence is a failure. `npm run setup:test` installs what is missing.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

interface Component {
  /** names of its program; the first that is on the PATH is used */
  readonly programs: readonly string[]
  /** a folder with one for each version, where programs that are not on the PATH are in `bin` */
  readonly versions?: string
  /** the variable of the environment that may hold the path of the program */
  readonly variable: string
}
export const components = JSON.parse(readFileSync(join(import.meta.dirname, 'components.json'), 'utf8')) as Readonly<
  Record<'gcc' | 'chromium' | 'firefox' | 'redis' | 'postgresql' | 'slurm', Component>
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
  const { programs, variable, versions } = components[name]
  const inVersions =
    versions !== undefined && existsSync(versions) ? readdirSync(versions).map(v => join(versions, v, 'bin')) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...inVersions]
  return process.env[variable] ?? programs.flatMap(p => folders.map(f => join(f, p))).find(isProgram)
}
/** `describe` for tests that need a component; the title says which, and spec/run-tests.mjs reads it there */
export const describeWith =
  (name: ComponentName) =>
  (title: string, tests: () => void): void => {
    const skipped = programOf(name) === undefined && process.env['GRADFOLD_TEST_ALL'] === undefined
    describe.skipIf(skipped)(`${title} [needs ${name}]`, tests)
  }
