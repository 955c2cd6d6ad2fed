// The built package for Node, Deno and Bun: the entries with what they share in a few files. There, opening a file for each of some
// 400 modules (ours, and those of the packages taken in here) takes longer than the first training step, and so does reading their comments. Bundlers get the modules one by one (dist/*.js).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = import.meta.dirname
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** what importing `gradfold` loads: many small modules, or a large one of which little is used */
const takenIn = ['fp-ts', 'io-ts', 'wasmati', 'csv-parse', 'fflate', 'jsonc-parser', 'markdown-table']
const external = Object.keys({ ...dependencies, ...peerDependencies }).filter(name => !takenIn.includes(name))

/** fp-ts is written `fp-ts/lib/X.js` throughout, since that alone runs in plain Node. Taken in here, its ES modules do: of these, only what is used. */
const fpTs = {
  name: 'fp-ts',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^fp-ts\/lib\// }, ({ path }) => ({
      path: join(root, 'node_modules', path.replace('/lib/', '/es6/')),
      sideEffects: false
    }))
}

/** What these packages bring for pages alone, or for threads of their own, is of no use here, and takes a tenth of the import. */
const leaner = {
  'csv-parse/browser/esm/sync': 'csv-parse/sync', // without a Buffer of its own
  fflate: 'fflate/browser' // the same functions, without threads
}

await build({
  absWorkingDir: root,
  entryPoints: {
    index: 'dist/index.js',
    codec: 'dist/codec.js',
    files: 'dist/files.js',
    ndarray: 'dist/ndarray.js',
    laws: 'dist/laws/index.js',
    search: 'dist/search.js',
    worker: 'dist/search/worker.js',
    main: 'dist/cli/main.js'
  },
  outdir: 'dist/node',
  chunkNames: 'shared-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  external,
  alias: leaner,
  plugins: [fpTs],
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  minify: true,
  logLevel: 'warning'
})

const licence = name => {
  const folder = join(root, 'node_modules', name)
  const text = ['LICENSE', 'LICENSE.md', 'license'].flatMap(file => {
    try {
      return [readFileSync(join(folder, file), 'utf8')]
    } catch {
      return []
    }
  })[0]
  if (text === undefined) throw new Error(`${name} has no licence text to pass on`)
  return `${name}\n\n${text.trim()}\n`
}
writeFileSync(
  join(root, 'dist/node/LICENCES.txt'),
  `The files of this folder hold parts of these packages:\n\n${takenIn.map(licence).join('\n---\n\n')}`
)
