// The built package for Node, Deno and Bun: the entries with what they share in a few files. There, opening a file for each of some
// 400 modules (ours, and those of the packages taken in here) takes longer than the first training step, and so does reading their comments. Bundlers get the modules one by one (dist/*.js),
// with the ES modules of fp-ts, so that they leave out what a page does not use.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'

const root = import.meta.dirname
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** what importing `gradfold` loads: many small modules, or a large one of which little is used */
const takenIn = ['fp-ts', 'io-ts', 'fflate', 'jsonc-parser', 'markdown-table']
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

/** fflate computes its tables as soon as it is loaded, which takes a tenth of the import too: here, when something is first unpacked. */
const later = {
  name: 'fflate',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^fflate$/ }, () => ({ path: 'fflate', namespace: 'later', sideEffects: false }))
    onResolve({ filter: /^used$/ }, () => ({ path: 'used', namespace: 'later', sideEffects: false }))
    onLoad({ filter: /^fflate$/, namespace: 'later' }, () => ({
      contents: `export const Gunzip = function (...given) { return new (require('used').Gunzip)(...given) }
        export const inflateSync = (...given) => require('used').inflateSync(...given)`
    }))
    // the form for pages: the same functions, without threads
    onLoad({ filter: /^used$/, namespace: 'later' }, () => ({
      contents: `export { Gunzip, inflateSync } from 'fflate/browser'`,
      resolveDir: root
    }))
  }
}

/** The modules of the engine's self-test, which are the same in every process: made here, as making them takes a fifth of the time to a first step. */
const selfTest = {
  name: 'self-test',
  setup: ({ onLoad }) =>
    onLoad({ filter: /made-test\.js$/ }, async ({ path }) => {
      const made = (await import(path)).madeSelfTest()
      if (made._tag === 'Left') throw new Error(JSON.stringify(made.left))
      const { parts, image, answers, canaries } = made.right
      const used = image.subarray(0, image.findLastIndex(byte => byte !== 0) + 1)
      const packed = bytes => `unpacked(${JSON.stringify(Buffer.from(bytes).toString('base64'))})`
      return {
        resolveDir: dirname(path),
        contents: `import { right } from 'fp-ts/lib/Either.js'
          const unpacked = text => Uint8Array.from(atob(text), c => c.charCodeAt(0))
          export const madeSelfTest = () => {
            const image = new Uint8Array(${image.length})
            image.set(${packed(used)})
            const parts = [${parts.map(({ bytes, ...names }) => `{ ...${JSON.stringify(names)}, bytes: ${packed(bytes)} }`).join()}]
            return right({ parts, image, answers: ${JSON.stringify(answers)}, canaries: ${JSON.stringify(canaries)} })
          }`
      }
    })
}

/** whether `this`, `arguments`, `super` or `new.target` in a node are those of what is around it */
const looksOutside = node =>
  node.kind === ts.SyntaxKind.ThisKeyword ||
  node.kind === ts.SyntaxKind.SuperKeyword ||
  ts.isMetaProperty(node) ||
  (ts.isIdentifier(node) && node.text === 'arguments') ||
  (ts.forEachChild(node, n =>
    // of a function only its name, if that is worked out, lies outside
    ts.isArrowFunction(n) || !ts.isFunctionLike(n) ? looksOutside(n) : n.name !== undefined && looksOutside(n.name)
  ) ??
    false)

/** the arrow functions of a module that lie in no other function, where a function expression would mean the same */
const arrowsOf = (node, text) => {
  if (ts.isArrowFunction(node)) {
    // where a statement ends without a semicolon, what follows would call the function, or take it apart
    const goesOn = /^(?:[^\S\n]|\/\/.*|\/\*.*\*\/)*\n(?:\s|\/\/.*\n|\/\*[^]*?\*\/)*[([`/]/.test(text.slice(node.end))
    return looksOutside(node) || (ts.isBlock(node.body) && goesOn) ? [] : [node]
  }
  if (ts.isFunctionLike(node)) return []
  const found = []
  // as a whole statement, or a default export, it would be a declaration
  ts.forEachChild(node, n => {
    const declares = ts.isArrowFunction(n) && (ts.isExpressionStatement(node) || ts.isExportAssignment(node))
    if (!declares) found.push(...arrowsOf(n, text))
  })
  return found
}

/**
 * V8 parses a module's arrow functions to the last expression when it loads it, and once more when they are called; of `function` it only
 * looks for the end. Written so, the import takes a third less. No line begins elsewhere, for the source maps.
 */
const functions = {
  name: 'functions',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS)
      const written = arrowsOf(file, text).reduceRight((code, arrow) => {
        const { body, end, modifiers, equalsGreaterThanToken: token } = arrow
        const start = arrow.getStart(file)
        const head = code.slice(modifiers?.end ?? start, token.getStart(file)).trim()
        if (!head.startsWith('(') && !/^[\w$]+$/.test(head)) return code
        const inside = code.slice(token.end, end)
        const keyword = modifiers === undefined ? 'function' : 'async function'
        return (
          code.slice(0, start) +
          keyword +
          (head.startsWith('(') ? head : `(${head})`) +
          (ts.isBlock(body) ? inside : `{ return (${inside}) }`) +
          code.slice(end)
        )
      }, text)
      return { contents: written, loader: 'js' }
    })
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
    report: 'dist/report.js',
    formats: 'dist/formats.js',
    extend: 'dist/extend.js',
    worker: 'dist/search/runner/worker.js',
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
  plugins: [fpTs, later, selfTest, functions],
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

// Only bundlers read these (`exports` of package.json). fp-ts/lib is CommonJS, of which they keep everything; io-ts takes fp-ts/es6 in its
// own ES modules, so that with this rewriting a page has fp-ts once.
const dist = join(root, 'dist')
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
  if (file.endsWith('.js') && !/^node[\\/]/.test(file)) {
    const text = readFileSync(join(dist, file), 'utf8')
    const forPages = text.replace(/(from ['"]fp-ts\/)lib\//g, '$1es6/')
    if (forPages !== text) writeFileSync(join(dist, file), forPages)
  }
