import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { integration, slow } from './spec/tiers.js'

const tier = (
  name: string,
  include: readonly string[],
  not: readonly string[],
  more: TestProjectInlineConfiguration['test'] = {}
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [...include], exclude: [...configDefaults.exclude, ...not], ...more }
})

export default defineConfig({
  // `gradfold` and its subpaths mean the sources, as in tsconfig.json
  resolve: { tsconfigPaths: true },
  test: {
    maxWorkers: 2,
    setupFiles: ['spec/support/seed.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    allowOnly: false,
    projects: [
      // pure tests can share modules; loading them for each file took longer than most of the tests
      tier('unit', ['spec/**/*.spec.ts'], [...integration, ...slow], { pool: 'threads', isolate: false }),
      tier('integration', integration, slow),
      tier('slow', slow, [])
    ]
  }
})
