/** What a release must be: the version that its changes need, and whole packages. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

// scripts have no types
interface Checks {
  readonly unreleased: (changelog: string) => string
  readonly released: (changelog: string, version: string) => string
  readonly problemsOf: (of: { version: string; before: string; changes: string }) => readonly string[]
  readonly packed: (manifest: unknown, files: readonly string[]) => readonly string[]
  readonly withNative: (manifest: { readonly version: string }, platforms: readonly string[]) => unknown
}
const script: string = './release-checks.mjs'
const { packed, problemsOf, released, unreleased, withNative } = (await import(script)) as Checks

describe('the version of a release', () => {
  test.each([
    ['0.1.0', '### Fixed\n- a', '0.1.0', '0.1.1'],
    ['0.1.0', '### Added\n- a', '0.1.9', '0.2.0'],
    ['0.1.0', '### Changed\n- **Breaking**: a', '0.1.9', '0.2.0'],
    ['1.4.2', '### Changed\n- **Breaking**: a', '1.5.0', '2.0.0'],
    ['1.4.2', '### Removed\n- a', '1.5.0', '2.0.0'],
    ['1.4.2', '### Added\n- a', '1.4.3', '1.5.0']
  ])('after %s with %j is not %s, but may be %s', (before, changes, low, right) => {
    expect(problemsOf({ version: low, before, changes })).toEqual([
      `the changes since ${before} need at least ${right}, got ${low}`
    ])
    expect(problemsOf({ version: right, before, changes })).toEqual([])
  })
  test('is a version, and has changes', () => {
    expect(problemsOf({ version: 'v1', before: '0.1.0', changes: 'a' })).toEqual([
      'expected a version as 1.2.3, got "v1"'
    ])
    expect(problemsOf({ version: '1.0.0', before: '0.1.0', changes: '' })).toHaveLength(1)
  })
  test('takes the unreleased changes of the changelog, and leaves none', () => {
    const changelog = readFileSync('CHANGELOG.md', 'utf8')
    const changes = unreleased(changelog)
    expect(changes).not.toContain('The first version')
    const after = released(changelog, '9.0.0')
    expect(unreleased(after)).toBe('')
    expect(after).toContain('## Unreleased\n\n## 9.0.0\n')
  })
})
test('a package lacks nothing that it exports, and holds nothing of the workshop', () => {
  const manifest = { exports: { '.': { types: './dist/a.d.ts', default: './dist/a.js' } }, bin: { a: 'dist/main.js' } }
  expect(packed(manifest, ['dist/a.d.ts', 'dist/a.js', 'dist/main.js', 'README.md'])).toEqual([])
  expect(packed(manifest, ['dist/a.js', 'dist/main.js', 'spec/a.ts'])).toEqual([
    'dist/a.d.ts is exported and not packed: run npm run build',
    'spec/a.ts does not belong into the package'
  ])
})
test('packages of native products become optional dependencies of the same version', () => {
  const manifest = { name: 'a', version: '0.2.0', optionalDependencies: { b: '1.0.0' } }
  expect(withNative(manifest, [])).toEqual(manifest)
  expect(withNative(manifest, ['linux-x64'])).toEqual({
    ...manifest,
    optionalDependencies: { b: '1.0.0', 'gradfold-native-linux-x64': '0.2.0' }
  })
})
