/** Every tier's rows mean something, and the unit tier is what it says: no processes, no threads, no replaced globals. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { integration, slow } from './tiers.js'

const all = readdirSync('spec', { recursive: true, encoding: 'utf8' })
  .map(f => `spec/${f.replaceAll('\\', '/')}`)
  .filter(f => f.endsWith('.spec.ts') && !f.includes('node_modules'))
/** of the patterns only what tiers.ts uses: folders of any depth, names, alternatives */
const asRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(?:.#/)?')
      .replaceAll('*', '[^/]*')
      .replaceAll('#', '*')
      .replace(/\{([^}]*)\}/, (_, names: string) => `(?:${names.replaceAll(',', '|')})`)}$`
  )
const specs = (patterns: readonly string[]): readonly string[] =>
  all.filter(f => patterns.some(p => asRegExp(p).test(f)))
const elsewhere = new Set(specs([...integration, ...slow]))
const unit = all.filter(f => !elsewhere.has(f))

test.each([...integration, ...slow])('%s names a spec', row => expect(specs([row])).not.toEqual([]))

test('the unit tier shares one copy of the modules, so nothing in it may change what others see', () => {
  const impure = /node:(child_process|worker_threads)|\bvi\.(mock|doMock|spyOn|stubGlobal|stubEnv|useFakeTimers)\b/
  expect(unit.length).toBeGreaterThan(40)
  expect(unit.filter(f => f !== 'spec/tiers.spec.ts' && impure.test(readFileSync(f, 'utf8')))).toEqual([])
})
