// What a release must be, without a process or a file: see release.mjs.

const heading = '## Unreleased'

/** the changes of a changelog that no version has yet */
export const unreleased = changelog => (changelog.split(`${heading}\n`)[1] ?? '').split(/^## /m)[0].trim()

/** the changelog with these changes under a version */
export const released = (changelog, version) => changelog.replace(heading, `${heading}\n\n## ${version}`)

const parsed = version => /^(\d+)\.(\d+)\.(\d+)$/.exec(version)?.slice(1).map(Number)

/** the smallest version that may hold these changes; before 1.0.0 a breaking change raises the second number (https://semver.org, 4) */
export const least = (before, changes) => {
  const [major, minor, patch] = parsed(before)
  const breaking = changes.includes('**Breaking**') || /^### Removed$/m.test(changes)
  return breaking && major > 0
    ? [major + 1, 0, 0]
    : breaking || /^### Added$/m.test(changes)
      ? [major, minor + 1, 0]
      : [major, minor, patch + 1]
}
const isBefore = (a, b) => {
  const i = a.findIndex((n, at) => n !== b[at])
  return i >= 0 && a[i] < b[i]
}

/** why a version may not be the next one */
export const problemsOf = ({ version, before, changes }) => {
  const next = parsed(version)
  if (next === undefined) return [`expected a version as 1.2.3, got ${JSON.stringify(version)}`]
  if (changes === '') return ['CHANGELOG.md has no unreleased changes']
  const wanted = least(before, changes)
  return isBefore(next, wanted) ? [`the changes since ${before} need at least ${wanted.join('.')}, got ${version}`] : []
}

const targets = entry => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targets))

/** what is wrong with the files of a package */
export const packed = ({ exports, bin }, files) => [
  ...[...targets(exports), ...targets(bin)]
    .map(path => path.replace(/^\.\//, ''))
    .filter(path => !files.includes(path))
    .map(path => `${path} is exported and not packed: run npm run build`),
  ...files
    .filter(path => !/^(dist|src|docs|examples)\/|^(CHANGELOG|README)\.md$|^LICENSE$|^package\.json$/.test(path))
    .map(path => `${path} does not belong into the package`)
]

/** the manifest with the packages of native products for these platforms (`linux-x64`) as optional dependencies, at its version */
export const withNative = (manifest, platforms) =>
  platforms.length === 0
    ? manifest
    : {
        ...manifest,
        optionalDependencies: {
          ...manifest.optionalDependencies,
          ...Object.fromEntries(platforms.map(p => [`gradfold-native-${p}`, manifest.version]))
        }
      }
