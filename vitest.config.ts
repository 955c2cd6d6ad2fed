import { defineConfig } from 'vitest/config'

export default defineConfig({
  // `gradfold` and its subpaths mean the sources, as in tsconfig.json
  resolve: { tsconfigPaths: true },
  test: {
    include: ['spec/**/*.spec.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    allowOnly: false
  }
})
