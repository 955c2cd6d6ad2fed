// What has to be there before anything is measured: the peers' packages, gradfold's build, compilers and interpreters.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../..')

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options })
const works = (command, ...args) => run(command, args).status === 0
const must = (what, command, args, cwd) => {
  console.error(`${what} ...`)
  const { status, stdout, stderr } = run(command, args, { cwd })
  if (status !== 0) throw new Error(`${what} failed\n${stdout}${stderr}`)
}

const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const packageFile = name => join(here, 'node_modules', name, 'package.json')

/** without install scripts: one of a peer's parts would build a graphics library that is not used here */
export const install = () => {
  const installed = ([name, wanted]) =>
    existsSync(packageFile(name)) && JSON.parse(readFileSync(packageFile(name), 'utf8')).version === wanted
  if (Object.entries(dependencies).every(installed)) return
  must(
    "installing the benchmark's packages",
    'npm',
    ['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'],
    here
  )
}

const newest = folder =>
  Math.max(...readdirSync(folder, { recursive: true }).map(file => statSync(join(folder, file)).mtimeMs))

export const build = () => {
  const built = join(root, 'dist/node/index.js')
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(root, 'src'))) return
  must('building gradfold', 'npm', ['run', 'build'], root)
}

/** the first interpreter that can import a module */
const pythonWith = module => ['python3', '/usr/bin/python3'].find(python => works(python, '-c', `import ${module}`))

const compileLimits = () => {
  const [source, binary] = [join(here, 'limits.c'), join(here, '.cache/limits')]
  mkdirSync(join(here, '.cache'), { recursive: true })
  return works('cc', '-O3', '-march=native', '-ffp-contract=off', source, '-o', binary) ? binary : undefined
}

/** one core for everything that has one thread; undefined where the system can't bind to one */
const pinTo = () => {
  const { status, stdout } = run('taskset', ['-cp', String(process.pid)])
  const last = /(\d+)\s*$/.exec(stdout ?? '')?.[1]
  return status === 0 ? last : undefined
}

/** versions of what can be measured here; what is missing is left out */
export const tools = () => {
  const [numpy, torch] = [pythonWith('numpy'), pythonWith('torch')]
  const version = (python, module) =>
    run(python, ['-c', `import ${module}; print(${module}.__version__)`]).stdout.trim()
  return {
    numpy,
    torch,
    core: pinTo(),
    limits: compileLimits(),
    versions: {
      node: process.versions.node,
      ...dependencies,
      ...(numpy ? { numpy: version(numpy, 'numpy') } : {}),
      ...(torch ? { torch: version(torch, 'torch') } : {})
    }
  }
}
