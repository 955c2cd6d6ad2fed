/** The golden runs in browsers, with two threads and in a page without threads, where there are browsers: the same bits as everywhere. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith, programOf } from '../support/components.js'

interface Answer {
  readonly digests: Readonly<Record<string, string>>
  readonly workers: number
}
interface Browser {
  readonly run: (kind: 'wasm', threads: number) => Promise<Answer>
  readonly limited: () => Promise<Answer>
  readonly close: () => Promise<void>
}
const { digests: golden } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/digests.json'), 'utf8')
) as Answer
// a plain module: the engines script uses it without a compiler
const { open } = (await import(join(import.meta.dirname, 'browser.mjs'))) as {
  readonly open: (browser: string, program: string | undefined) => Promise<Browser>
}
const timeout = 300_000

for (const [component, browser] of [
  ['chromium', 'chrome'],
  ['firefox', 'firefox']
] as const)
  describeWith(component)('golden runs', () => {
    let opened: Browser | undefined
    beforeAll(async () => {
      opened = await open(browser, programOf(component))
    }, timeout)
    afterAll(() => opened?.close())
    test('with two threads', { timeout }, async () => {
      const answer = await opened?.run('wasm', 2)
      expect(answer?.digests).toEqual(golden)
      expect(answer?.workers).toBeGreaterThan(0)
    })
    // one thread, too; `npm run test:engines` has all pages in each browser
    if (component === 'chromium')
      test('in a page that may not share memory', { timeout }, async () =>
        expect((await opened?.limited())?.digests).toEqual(golden)
      )
  })
