// `npm run setup:test`: installs the programs that some tests need (spec/support/components.json), where apt-get can. What cannot be
// installed is named, and its tests are then skipped: this script fails only with --all.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const components = JSON.parse(readFileSync(new URL('../support/components.json', import.meta.url), 'utf8'))
const isProgram = file => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
const onPath = name => (process.env.PATH ?? '').split(delimiter).some(folder => isProgram(join(folder, name)))
const inVersions = (versions, name) =>
  versions !== undefined &&
  existsSync(versions) &&
  readdirSync(versions).some(v => isProgram(join(versions, v, 'bin', name)))
const isHere = ({ programs, variable, versions }) =>
  process.env[variable] !== undefined || programs.some(name => onPath(name) || inVersions(versions, name))
const missing = () => Object.entries(components).filter(([, component]) => !isHere(component))

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  }).status === 0

if (missing().length > 0 && onPath('apt-get') && process.getuid?.() === 0) {
  apt('update', '-qq')
  // one at a time: what one release does not have must not keep the others away
  for (const [, { apt: name }] of missing()) apt('install', '-y', '-qq', '--no-install-recommends', ...name.split(' '))
}
const left = missing()
for (const [name, component] of left)
  console.log(`${name} is not here: install ${component.apt}, or name its program in ${component.variable}`)
if (left.length === 0) console.log('all that tests need is here')
if (left.length > 0 && process.argv.includes('--all')) process.exitCode = 1
