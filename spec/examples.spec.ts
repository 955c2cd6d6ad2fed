/** Every example runs, and what it claims is so. `npx vitest run spec/examples.spec.ts --reporter=verbose` shows what they print. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface Example {
  /** one sentence, with the number that is claimed */
  readonly claim: string
  readonly run: () => Promise<{ readonly holds: boolean; readonly text: string }>
}

const names = readdirSync('examples').flatMap(file => (file.endsWith('.ts') ? [file.slice(0, -'.ts'.length)] : []))
/** trains for a minute or two: `npm run sweep:examples` runs it too */
const long: readonly string[] = ['12-lenet']
const all = process.env['EXAMPLES'] === 'all'

const numbersIn = (text: string): readonly string[] => text.match(/\d+(\.\d+)?(e-?\d+)?/g) ?? []

describe('examples', () => {
  test.for(names.filter(name => all || !long.includes(name)))('%s', async (name, { annotate }) => {
    const { claim, run } = (await import(`../examples/${name}.ts`)) as Example
    const { holds, text } = await run()
    await annotate(`${claim}\n${text}`)
    expect(holds, text).toBe(true)
    expect(numbersIn(claim).length, claim).toBeGreaterThan(0)
    for (const n of numbersIn(claim)) expect(numbersIn(text), claim).toContain(n)
  })
  test('are numbered', () => names.forEach((name, i) => expect(Number(name.slice(0, 2))).toBe(i + 1)))
})
