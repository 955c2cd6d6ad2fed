// Builds the native products with the system's C compiler (CC, else cc), tests them, and puts them where the library looks for them:
//   npm run build:native
// Nothing runs this when the package is installed. It needs the headers of Node-API: those of the package node-api-headers where that is
// installed, else those that come with Node. For tests: --file FILE puts the addon elsewhere, and other options are for the compiler.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../../../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const sources = ['addon.c', 'product.c', 'pack.c', 'variants.c', 'self-test.c']
/** No floating-point option but the one that keeps multiplications and additions apart; none at all at the link. */
const compileOptions = ['-O2', '-std=gnu11', '-ffp-contract=off', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']
const linkOptions = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']
const compiler = process.env.CC ?? 'cc'

/** the folder of node_api.h, or undefined */
const headers = () => {
  const packaged = () => {
    try {
      return createRequire(import.meta.url)('node-api-headers').include_dir
    } catch {
      return undefined
    }
  }
  return [packaged(), resolve(dirname(process.execPath), '../include/node')].find(
    folder => folder !== undefined && existsSync(join(folder, 'node_api.h'))
  )
}

/** why no addon came out, or undefined */
const compile = (file, options) => {
  const include = headers()
  if (include === undefined) return 'expected the headers of Node-API: npm install --no-save node-api-headers'
  const names = sources.map(name => join(here, name))
  const own = [`-DGRADFOLD_VERSION="${version}"`, `-I${include}`]
  const args = [...compileOptions, ...options, ...own, ...names, ...linkOptions, '-o', file]
  const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' })
  if (error !== undefined) return `expected a C compiler, got: ${error.message}`
  return status === 0 ? undefined : `expected ${compiler} to end with 0, got ${status}:\n${stderr}`
}

/** tests each variant, in a process of its own: their names, or what is wrong */
const tested = file => {
  const code = `const addon = require(${JSON.stringify(file)})
    const wrong = addon.variants.flatMap(v => { const what = addon.selfTest(v); return what ? ['expected that ' + what + ', on ' + v] : [] })
    if (wrong.length > 0) { console.error(wrong.join('; ')); process.exit(1) }
    console.log(addon.variants.join(', '))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  return status === 0
    ? { variants: stdout.trim() }
    : { wrong: stderr.trim() || `expected node to end with 0, got ${status}` }
}

const given = process.argv.slice(2)
const elsewhere = given[0] === '--file'
const file = elsewhere ? resolve(given[1]) : join(root, 'build', `gradfold-${process.platform}-${process.arch}.node`) // where native/addon.ts looks
const options = elsewhere ? given.slice(2) : given

mkdirSync(dirname(file), { recursive: true })
// a process that has the old file in its memory keeps it, and none sees a file that is not whole
const folder = mkdtempSync(join(dirname(file), 'new-'))
const made = join(folder, 'addon.node')
const failed = compile(made, options)
const { wrong = failed, variants } = failed === undefined ? tested(made) : {}
if (wrong === undefined) {
  renameSync(made, file)
  console.log(`built ${file}; on this processor: ${variants}`)
} else {
  console.error(wrong)
  process.exitCode = 1
}
rmSync(folder, { recursive: true })
