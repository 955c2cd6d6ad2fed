// Builds the native products with the system's C compiler (CC, else cc), tests them, and puts them where the library looks for them:
//   npm run build:native                  for this machine
//   npm run build:native -- --arm64       for Linux on arm64, with Debian's cross compiler (CC, else aarch64-linux-gnu-gcc)
//   npm run build:native -- --package     and as a package for npm, in build/packages/
// Nothing runs this when the package is installed. It needs the headers of Node-API: those of the package node-api-headers where that is
// installed, else those that come with Node. For tests: --file FILE puts the addon elsewhere; what follows -- is for the compiler.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writePackage } from './package.mjs'

const here = import.meta.dirname
const root = join(here, '../../../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const sources = ['addon.c', 'product.c', 'pack.c', 'variants.c', 'self-test.c']
/** No floating-point option but the one that keeps multiplications and additions apart; none at all at the link. */
const compileOptions = ['-O2', '-std=gnu11', '-ffp-contract=off', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']
const { values: asked, positionals: given } = parseArgs({
  allowPositionals: true,
  options: { file: { type: 'string' }, arm64: { type: 'boolean' }, package: { type: 'boolean' } }
})
/** where the addon will run; another processor's addon is not tested here, but where it is loaded, as every one is */
const target = asked.arm64 === true ? { platform: 'linux', arch: 'arm64' } : process
const isForHere = target.platform === process.platform && target.arch === process.arch

const linkOptions = target.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']
const compiler = process.env.CC ?? (isForHere ? 'cc' : 'aarch64-linux-gnu-gcc')

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

const name = `gradfold-${target.platform}-${target.arch}.node`
const file = asked.file === undefined ? join(root, 'build', name) : resolve(asked.file) // where native/addon.ts looks

mkdirSync(dirname(file), { recursive: true })
// a process that has the old file in its memory keeps it, and none sees a file that is not whole
const folder = mkdtempSync(join(dirname(file), 'new-'))
const made = join(folder, 'addon.node')
const failed = compile(made, given)
const { wrong = failed, variants } =
  failed !== undefined ? {} : isForHere ? tested(made) : { variants: 'none, it is for another one' }
if (wrong === undefined) {
  if (asked.package === true) {
    const written = writePackage(join(dirname(file), 'packages'), { ...target, version }, made, join(root, 'LICENSE'))
    console.log(`wrote ${written}`)
  }
  renameSync(made, file)
  console.log(`built ${file}; on this processor: ${variants}`)
} else {
  console.error(wrong)
  process.exitCode = 1
}
rmSync(folder, { recursive: true })
