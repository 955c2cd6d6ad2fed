// @ts-check
import { builtinModules } from 'node:module'
import { defineConfig } from 'eslint/config'
import functional from 'eslint-plugin-functional'
import tseslint from 'typescript-eslint'

/** the doors: the only places that talk to files, processes, terminals. Everything else in src/ is pure and runs in a browser. */
const doors = [
  'src/cli/**/*.ts',
  'src/data/files.ts',
  'src/data/bounded.ts', // bytes of files and streams, up to a limit
  'src/search/runner/threads.ts', // worker threads for trials
  'src/search/runner/queue/{connection,coordinator,work}.ts', // a queue on a server
  'src/format/columns/parquet.ts', // a package that not everybody has
  'src/backend/wasm/runtime/platform.ts', // threads, and waits that must end
  'src/backend/native/addon.ts', // machine code from a file
  'src/backend/named.ts', // a backend that is loaded when it is asked for
  'src/train/breathe.ts', // a turn of the event loop between steps
  'src/run/folder.ts', // folders that runs are kept in
  'src/run/sha256.ts', // compiled where the runtime has it
  'src/run/record/{lock,owner,machine}.ts' // which process is at a record, and the machine it is made on
]

/**
 * Where local mutation is allowed, because the code is a kernel, a codec or a walk over a graph thousands of nodes deep, and
 * what is mutated is made inside and can't be seen from outside: the types of what is exported stay readonly. Each row says why.
 */
const mutable = [
  'src/value/{argument,codec}.ts', // walks untrusted JSON with a stack of its own
  'src/value/elementary/**/*.ts', // bits of one f64 scratch cell, sums of series
  'src/value/fingerprint.ts', // sums of 64 bits in two halves
  'src/value/tensor.ts', // copies between strided and row-major storage
  'src/value/bytes.ts', // copies between storage and bytes
  'src/random/**/*.ts', // rounds of Threefry over 32-bit words, arrays of draws
  'src/expr/*.ts', // iterative walks: recursion would overflow the stack on long models
  'src/backend/**/*.ts', // engines
  'src/layer/{labels,compose,codecs,combinator/repeat}.ts',
  'src/model/build.ts', // tables filled while walking long models
  'src/layer/{initializer,orthogonal}.ts', // arrays of draws, Householder reflections
  'src/data/*.ts', // decoders of bytes and text, sums over columns, gathers into batches
  'src/data/table/*.ts', // rows added to columns, statistics of columns, numbers put into rows of inputs
  'src/infer/{evaluate,predict}.ts', // sums over batches; programs compiled once and kept
  'src/train/{step,session,speculate,loop,blocks,stream,minimise,range-test,watched}.ts', // a loop that steps an engine, which keeps the tensors; programs compiled once and kept
  'src/train/decision/*.ts', // running counts over sorted scores
  'src/format/**/*.ts', // byte formats
  'src/search/{search,runner/in-process}.ts', // the loop over what a plan asks for, and results kept
  'src/report/{line,plot,history,recorded-history,classification,evaluation,regression,flow,formulas}.ts', // columns, sums and counts over points, walks over graphs
  'src/run/record/{rows,epochs,values,reuse,writer,session,replay,verify}.ts' // byte formats, sums over rows and words, walks over long records
]

/** programs for the compiler: their tuples count, and are never values */
const typeLevel = ['src/layer/types/nat*.ts']

// Rows for no-restricted-*: [what is refused, the reason shown]. Flat config replaces a rule's options, never adds to them, so
// the options are put together here.

const exactMath = 'abs|min|max|floor|ceil|trunc|sqrt|fround|imul|clz32|PI|E|LN2|LN10|LOG2E|LOG10E|SQRT2|SQRT1_2'
const elementary = 'engines differ in its last bit; use the elementary functions of src/value'

const inexact = [
  [
    `MemberExpression[object.name="Math"]:not([computed=false][property.name=/^(${exactMath})$/])`,
    `Math: ${elementary}`
  ],
  [
    'Identifier[name="Math"]:not(MemberExpression > Identifier.object)',
    'Math as a value hides which functions are used'
  ],
  [':matches(BinaryExpression[operator="**"], AssignmentExpression[operator="**="])', `**: ${elementary}`],
  ['CallExpression[arguments.length=0][callee.property.name=/^(sort|toSorted)$/]', 'a sort needs a total comparator'],
  [
    'CallExpression[callee.property.name=/^(max|min|push|unshift|splice|fromCharCode|fromCodePoint)$/] > SpreadElement.arguments',
    'a long list as arguments overflows the stack; use largest of src/value, or a loop'
  ],
  ['MemberExpression[property.name=/^(localeCompare|toLocale.*)$/]', 'differs with the locale of the machine']
]
// What goes in, comes out or is kept has readonly types. Not meant: locals inside a block, tables of types that merge across
// files (`declare module`), types that only compute other types, a shape in `Tensor<[2, 3]>`.
const local = ':not(BlockStatement *, TSModuleDeclaration *)'
const boundary = [
  ':function > .params',
  ':function > .returnType',
  'ExportNamedDeclaration > * > VariableDeclarator > .id'
]
const kept = `:matches(TSPropertySignature, TSIndexSignature, ${boundary.join(', ')})`
/** @param {string} where */
const readonlyTypes = where => [
  [
    `${where} ${kept} :matches(TSArrayType, TSTupleType)${local}:not(TSTypeOperator[operator="readonly"] > *, TSTypeParameterInstantiation > TSTupleType)`,
    'readonly arrays and tuples only'
  ],
  [`${where} ${kept} TSTypeReference[typeName.name=/^(Array|Map|Set|WeakMap|WeakSet)$/]${local}`, 'Readonly* only'],
  [`${where} :matches(TSPropertySignature, TSIndexSignature)[readonly=false]${local}`, 'fields are readonly']
]
const core = [...inexact, ...readonlyTypes('Program')]
const dynamicImport = [['ImportExpression', 'the core imports statically; only a door may load a module later']]

const clocks = [
  ['Date', 'a run is a function of its inputs, never of the clock'],
  ['performance', 'a run is a function of its inputs, never of the clock']
]
const unsafe = [
  ['Intl', 'differs with the locale of the machine'],
  ['globalThis', 'hides which global is used']
]
const effects = [
  ...['console', 'process', 'Buffer', 'require', 'fetch', 'crypto'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'window', 'self', 'global', 'document']
].map(name => [name, `an effect, or Node only: it belongs in a door (${doors.join(', ')})`])

const esm = [
  ['^fp-ts(?!/lib/\\w+\\.js$)', 'only fp-ts/lib/X.js runs in plain Node ESM'],
  ['^io-ts/(?!lib/\\w+\\.js$)', 'only io-ts and io-ts/lib/X.js run in plain Node ESM'],
  ['^gradfold(/|$)', 'inside src/ imports are relative']
]
const terminal = [
  [
    `^(node:.*|(${builtinModules.filter(m => !m.startsWith('_')).join('|')})(/.*)?)$`,
    'Node only: it belongs in a door'
  ],
  ['^(commander|cli-progress)$', 'terminal only: it belongs in src/cli']
]

/** @type {(rows: string[][]) => any} */
const syntax = rows => ['error', ...rows.map(([selector, message]) => ({ selector, message }))]
/** @type {(rows: string[][]) => any} */
const globals = rows => ['error', ...rows.map(([name, message]) => ({ name, message }))]
/** @type {(rows: string[][]) => any} */
const imports = rows => ['error', { patterns: rows.map(([regex, message]) => ({ regex, message })) }]

const typed = defineConfig({
  extends: [tseslint.configs.recommendedTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    eqeqeq: 'error',
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    // the compiler says so already, and knows that interfaces merge
    '@typescript-eslint/no-unused-vars': 'off'
  }
})

export default defineConfig(
  { ignores: ['**/dist/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // spec/, examples/ and the playground are free to loop, throw and print
  { files: ['{src,spec,examples,docs/playground}/**/*.ts'], extends: [typed] },

  {
    name: 'gradfold/src',
    files: ['src/**/*.ts'],
    plugins: { functional },
    // exceptions stand in this file with a reason, not scattered in comments
    linterOptions: { noInlineConfig: true },
    rules: {
      'functional/immutable-data': 'error',
      'functional/no-let': 'error',
      'functional/no-throw-statements': 'error',
      'functional/no-try-statements': 'error',
      'functional/no-promise-reject': 'error',
      'functional/no-classes': 'error',
      'functional/no-this-expressions': 'error',
      'no-var': 'error',
      'no-param-reassign': 'error',
      'no-eval': 'error',
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-new-func': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      // open tables are interfaces that each member extends from its own file
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'always' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-deprecated': 'error',
      'no-restricted-syntax': syntax([...core, ...dynamicImport]),
      'no-restricted-globals': globals([...clocks, ...unsafe, ...effects]),
      'no-restricted-imports': imports([...esm, ...terminal])
    }
  },
  {
    name: 'gradfold/mutable',
    files: mutable,
    rules: {
      'functional/no-let': 'off',
      'functional/immutable-data': 'off',
      'no-param-reassign': 'off',
      'no-restricted-syntax': syntax([...inexact, ...readonlyTypes('ExportNamedDeclaration'), ...dynamicImport])
    }
  },
  {
    name: 'gradfold/bracket',
    // resources are given back in `finally`, whatever is thrown or left in between
    files: ['src/value/bracket.ts', 'src/train/stream.ts'],
    rules: { 'functional/no-try-statements': ['error', { allowFinally: true }] }
  },
  {
    name: 'gradfold/loop',
    // a late read of a state has no other way to be refused: its type is that of a state
    files: ['src/train/loop.ts'],
    rules: { 'functional/no-throw-statements': 'off' }
  },
  {
    name: 'gradfold/onnx',
    // a message is read through callbacks of the library, which nothing else ends; decodeOnnx makes a value of it
    files: ['src/format/onnx/import/decode.ts'],
    rules: { 'functional/no-throw-statements': 'off' }
  },
  {
    name: 'gradfold/queue',
    // a queue learns by a rejected promise that a job failed, or waits for another worker
    files: ['src/search/runner/queue/work.ts'],
    rules: { 'functional/no-throw-statements': 'off', 'functional/no-promise-reject': 'off' }
  },
  {
    name: 'gradfold/type-level',
    files: typeLevel,
    rules: { 'no-restricted-syntax': syntax([...inexact, ...dynamicImport]) }
  },
  {
    name: 'gradfold/doors',
    files: doors,
    rules: {
      'functional/no-try-statements': 'off',
      'functional/immutable-data': ['error', { ignoreAccessorPattern: 'process.exitCode' }],
      'no-restricted-syntax': syntax(core),
      'no-restricted-globals': globals([...clocks, ...unsafe]),
      'no-restricted-imports': imports(esm)
    }
  },
  {
    name: 'gradfold/waiting', // the trials that a process waits for
    files: ['src/search/runner/queue/coordinator.ts'],
    rules: { 'functional/immutable-data': 'off' }
  },
  {
    // images per second, and waits that must end: nothing that is ever hashed
    name: 'gradfold/clocks',
    files: ['src/cli/**/*.ts', 'src/backend/wasm/runtime/platform.ts'],
    rules: { 'no-restricted-globals': globals(unsafe) }
  },

  // fp-ts/X passes in Vitest and fails in plain Node, so it is refused everywhere
  {
    files: ['spec/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-restricted-imports': imports(esm.slice(0, 2)) }
  }
)
