/**
 * The tiers of tests, which are the projects of vitest.config.ts. `npm test` runs unit and integration, `npm run check` all three.
 * A new spec is a unit test unless a row here says otherwise.
 */

/** processes, packaging, every compiler, browsers: minutes */
export const slow: readonly string[] = [
  'spec/pack/**/*.spec.ts',
  'spec/engines/**/*.spec.ts',
  'spec/sweep/**/*.spec.ts',
  'spec/backend/canaries.spec.ts', // a C compiler, and processes
  'spec/{search,report,playground}/*.process.spec.ts', // servers, workers, a browser
  'spec/cli/*.process.spec.ts', // signals, locks, kills, lack of WebAssembly
  'spec/types/compilers.spec.ts', // the compilers that `integration` leaves out
  'spec/run/resume.spec.ts', // stops runs at every step
  'spec/lint.spec.ts', // starts ESLint
  'spec/examples.spec.ts'
]

/** several parts together: files, threads, engines, whole trainings */
export const integration: readonly string[] = [
  'spec/backend/wasm/**/*.spec.ts',
  'spec/backend/fallback.spec.ts', // replaces globals
  'spec/conformance/**/*.spec.ts',
  'spec/laws/**/*.spec.ts',
  'spec/cli/**/*.spec.ts',
  'spec/data/{bounded,files,readers}.spec.ts',
  'spec/fixtures/**/*.spec.ts',
  'spec/format/**/*.spec.ts',
  'spec/run/**/*.spec.ts',
  'spec/report/{record,study}.spec.ts',
  'spec/search/{findings,kept,sampler,search,study-file}.spec.ts',
  'spec/train/{suits,iterator,learning}.spec.ts',
  'spec/expr/exhaustive.spec.ts', // runs a compiler
  'spec/expr/gradient.spec.ts', // every op against central differences
  'spec/backend/kernel/passes.spec.ts', // every pass over every op
  'spec/model/init.spec.ts', // moments of many draws
  'spec/types/{types,families}.spec.ts', // one compiler
  'spec/api/**/*.spec.ts', // reads all sources as the compiler does
  'spec/{docs,documentation,readme}.spec.ts'
]
