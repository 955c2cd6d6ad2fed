// `npm run release -- 0.2.0`: whether this tree may be released under that version. `--write` then moves the unreleased changes of
// CHANGELOG.md under it and sets the version in package.json and the lock file. It publishes nothing: commit, tag and `npm publish` follow.
// `--native linux-x64,darwin-arm64`, with `--write`: these packages of native products are published already (the workflow `native` makes
// them), and become optional dependencies.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { packed, problemsOf, released, unreleased, withNative } from './release-checks.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = (command, ...args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, native: { type: 'string', default: '' } }
})
const [version = ''] = positionals
const changelog = readFileSync(`${root}/CHANGELOG.md`, 'utf8')
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
const [pack] = JSON.parse(run('npm', 'pack', '--dry-run', '--ignore-scripts', '--json'))
const files = pack.files.map(({ path }) => path)

const problems = [
  ...problemsOf({ version, before: manifest.version, changes: unreleased(changelog) }),
  ...packed(manifest, files),
  ...(run('git', 'status', '--porcelain') === '' ? [] : ['there are changes that are not committed']),
  ...(run('git', 'tag', '--list', `v${version}`) === '' ? [] : [`the tag v${version} exists`])
]
console.log(
  `${files.length} files, ${(pack.size / 1000).toFixed(0)} kB packed, ${(pack.unpackedSize / 1000).toFixed(0)} kB unpacked`
)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else if (options.write) {
  writeFileSync(`${root}/CHANGELOG.md`, released(changelog, version))
  run('npm', 'version', version, '--no-git-tag-version')
  const platforms = options.native.split(',').filter(p => p !== '')
  const path = `${root}/package.json`
  writeFileSync(path, `${JSON.stringify(withNative(JSON.parse(readFileSync(path, 'utf8')), platforms), null, 2)}\n`)
  if (platforms.length > 0) run('npm', 'install', '--package-lock-only', '--ignore-scripts')
  console.log(`CHANGELOG.md and package.json say ${version}: commit, tag v${version}, npm publish`)
} else console.log(`ready for ${version}; --write changes CHANGELOG.md and package.json`)
