// Where the engines are: npm packages in a folder of their own (installed when they are first needed), browsers on this machine.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('installed/', import.meta.url))

/** an npm package's program; installed unless it is there. The package's own install script brings the program, so it is allowed to run. */
export const fromNpm = async (name, version) => {
  const project = join(folder, `${name}-${version}`)
  const program = join(project, 'node_modules/.bin', name)
  const works = async () => {
    await run(program, ['--version'])
    return program
  }
  if (existsSync(program)) return works()
  mkdirSync(project, { recursive: true })
  const manifest = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: project })
  return works()
}

const executable = file => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
/** the first of some programs that is on the PATH, unless a variable of the environment names one */
export const onPath = (variable, ...names) => {
  const given = process.env[variable]
  if (given !== undefined) return given
  const places = (process.env['PATH'] ?? '').split(delimiter)
  const found = names.flatMap(name => places.map(place => join(place, name))).find(executable)
  if (found === undefined) throw new Error(`no ${names.join(' or ')} on the PATH`)
  return found
}
