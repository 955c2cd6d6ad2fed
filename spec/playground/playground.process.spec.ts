/** The playground in a real browser, by clicks and keys: it trains, its address repeats the bits, what it cannot trust it refuses. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeLink } from '../../docs/playground/src/link.js'
import { starts } from '../../docs/playground/src/sets.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { openRun } from '../../src/run/open.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { stateDigest } from '../../src/run/state.js'
import { train } from '../../src/train/train.js'
import { describeWith, programOf } from '../support/components.js'
import { right } from '../support/either.js'

interface Served {
  readonly address: string
  readonly close: () => Promise<void>
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** the digest that Node gives the final state of a run */
const digestInNode = async (run: object): Promise<string> => {
  const file = right(parseRunFile(JSON.stringify(run)))
  const trained = await pipe(
    openRun(file),
    TE.chainEitherKW(({ training, datasets }) =>
      train(training as never, { backend: wasm, singleExamples: 'allow' })(datasets.train)
    )
  )()
  return stateDigest(right(trained).state)
}

/** a script of the playground, which has no types */
const script = (name: string): Promise<unknown> =>
  import(new URL(`../../docs/playground/${name}`, import.meta.url).href)

describeWith('chromium')('the playground', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradfold-playground-'))
  let site: Served
  let browser: Browser
  const faults: string[] = []
  beforeAll(async () => {
    const { buildPlayground } = (await script('build.mjs')) as {
      readonly buildPlayground: (folder: string) => Promise<string>
    }
    const { serve } = (await script('serve.mjs')) as {
      readonly serve: (folder: string) => Promise<Served>
    }
    site = await serve(await buildPlayground(folder))
    browser = await puppeteer.launch({
      browser: 'chrome',
      executablePath: programOf('chromium') ?? 'chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      headless: true
    })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  // texts for the page: its types are not those of Node
  const of = <A>(page: Page, what: string): Promise<A> => page.evaluate(what) as Promise<A>
  const text = (page: Page, id: string): Promise<string> => of(page, `document.querySelector('#${id}').textContent`)
  const until = (page: Page, condition: string): Promise<unknown> =>
    page.waitForFunction(condition, { timeout: 60_000 })
  const ready = (page: Page): Promise<unknown> => until(page, "!document.querySelector('#train').disabled")
  const open = async (hash = ''): Promise<Page> => {
    const page = await browser.newPage()
    page.on('pageerror', e => faults.push(String(e)))
    page.on('console', m => m.type() === 'error' && faults.push(m.text()))
    page.on('request', r => /^(blob|data):/.test(r.url()) || r.url().startsWith(site.address) || faults.push(r.url()))
    await page.goto(`${site.address}${hash}`)
    return page
  }
  const trained = async (page: Page): Promise<string> => {
    await page.click('#train')
    await until(
      page,
      "document.querySelector('#status').textContent.startsWith('Finished') || !document.querySelector('#problem').hidden"
    )
    return text(page, 'digest')
  }

  test('learns XOR to a loss below 0.001, to the bits of Node, and its address gives them to another page', async () => {
    const page = await open()
    await ready(page)
    expect(await text(page, 'steps')).toBe('0')
    const digest = await trained(page)
    expect(Number(await text(page, 'loss'))).toBeLessThan(0.001)
    expect(digest).toBe(await digestInNode(starts[0]?.run() ?? {}))
    const other = await open(new URL(page.url()).hash)
    await ready(other)
    expect([await text(other, 'steps'), await text(other, 'digest'), await text(other, 'wanted')]).toEqual([
      '0',
      '-',
      digest
    ])
    expect(await trained(other)).toBe(digest)
    expect(await text(other, 'verdict')).toContain('The same digest')
    await Promise.all([page.close(), other.close()])
  }, 120_000)

  test('says that a digest is another one, and where a run with another seed parts', async () => {
    const page = await open(writeLink({ run: JSON.stringify(starts[0]?.run()), digest: '0'.repeat(64) }))
    await ready(page)
    await trained(page)
    expect(await text(page, 'verdict')).toContain('Another digest')
    await of(
      page,
      "(seed => { seed.value = '2'; seed.dispatchEvent(new Event('change')) })(document.querySelector('#seed'))"
    )
    await ready(page)
    await trained(page)
    expect([await text(page, 'wanted'), await text(page, 'course-text')]).toEqual([
      '-',
      expect.stringContaining('parts from the previous one (thin line) at step 1.') as string
    ])
    await page.close()
  }, 120_000)

  test('refuses links with a sentence, and trains nothing', async () => {
    const run = starts[0]?.run() ?? {}
    const links = [
      ['#run=%', 'base64url'],
      [writeLink({ run: JSON.stringify({ ...run, data: { tag: 'csv', train: '/etc/passwd' } }) }), 'data'],
      [writeLink({ run: JSON.stringify({ ...run, then: '<img src=x onerror=alert(1)>' }) }), 'then'],
      [writeLink({ run: JSON.stringify({ ...run, stop: { tag: 'epochs', count: 1e9 } }) }), 'steps'],
      [writeLink({ run: '[1]' }), 'object']
    ] as const
    for (const [hash, words] of links) {
      const page = await open(hash)
      await until(page, "!document.querySelector('#problem').hidden")
      expect(await text(page, 'problem')).toContain(words)
      expect(await page.$$eval('#problem *', all => all.length)).toBe(0)
      expect([await text(page, 'steps'), await text(page, 'digest')]).toEqual(['0', '-'])
      await page.close()
    }
    // a link without a run leaves the page with one, and without a digest of another
    const page = await open(writeLink({ run: '{}', digest: '0'.repeat(64) }))
    await ready(page)
    expect([await text(page, 'problem'), await text(page, 'wanted')]).toEqual([
      'A run file is a JSON object with a model.',
      '-'
    ])
    await page.close()
    // a path that is no address ends no server
    expect((await fetch(`${site.address}/`)).status).toBe(404)
  }, 120_000)

  test('reads a digit that is written by keys, with nothing but keys', async () => {
    const page = await open()
    await ready(page)
    await page.focus('[data-start=digits]')
    await page.keyboard.press('Enter')
    await until(page, "document.querySelector('#status').textContent.startsWith('Digits')")
    await ready(page)
    await page.focus('#train')
    await page.keyboard.press('Enter')
    await until(page, "document.querySelector('#status').textContent.startsWith('Finished')")
    expect(await text(page, 'scores')).toMatch(/Test part: loss [\d.]+, accuracy 0\.9/)
    await page.focus('#drawing')
    await page.keyboard.press('7')
    await until(page, "document.querySelector('#recognised').textContent !== '-'")
    expect(await text(page, 'recognised')).toBe('7')
    await page.close()
  }, 120_000)

  test('builds nets from blocks, and says what does not fit', async () => {
    const page = await open()
    await ready(page)
    const shapes = (): Promise<string> =>
      of(page, "[...document.querySelectorAll('#layers .shape')].map(e => e.textContent).join(' ')")
    await page.select('#kind', 'dense')
    await page.click('#add')
    await ready(page)
    expect(await shapes()).toMatch(/→ \[4\].*→ \[8\].*→ \[1\]/)
    await page.click('#layers li:last-child [aria-label^="Remove"]')
    await page.click('#layers li:last-child [aria-label^="Remove"]')
    await until(page, "!document.querySelector('#problem').hidden")
    expect(await text(page, 'problem')).toMatch(/expected/)
    expect(await of(page, "document.querySelector('#train').disabled")).toBe(true)
    await page.close()
  }, 120_000)

  test('keeps the seed when a number of a layer changes after it', async () => {
    const page = await open()
    await ready(page)
    for (const [field, value] of [
      ['#seed', 7],
      ['#layers input', 5]
    ]) {
      await of(
        page,
        `(field => { field.value = '${value}'; field.dispatchEvent(new Event('change')) })(document.querySelector('${field}'))`
      )
      await ready(page)
    }
    expect(JSON.parse(await of(page, "document.querySelector('#file').value"))).toMatchObject({
      seed: 7,
      model: { layers: [{ tag: 'dense', units: 5 }, 'tanh', { tag: 'dense', units: 1 }, 'sigmoid'] }
    })
    await page.close()
  }, 120_000)

  test('takes one step although the data of the run are read meanwhile, and trains the run that was asked for last', async () => {
    const page = await open()
    await ready(page)
    const begin = async (name: string, how: string): Promise<void> => {
      await page.click(`[data-start=${name}]`)
      await ready(page)
      await page.click(how)
    }
    await begin('digits', '#step')
    await until(page, "document.querySelector('#steps').textContent !== '0'")
    const step = await text(page, 'steps')
    await new Promise(done => setTimeout(done, 300))
    expect(await text(page, 'steps')).toBe(step)
    await page.click('#train')
    await begin('xor', '#train')
    await until(page, "document.querySelector('#status').textContent.startsWith('Finished')")
    expect(await text(page, 'digest')).toBe(await digestInNode(starts[0]?.run() ?? {}))
    await page.close()
  }, 120_000)

  test('has no serious finding of axe, in light and dark, wide and on a phone, and fits its screen', async () => {
    const page = await open()
    await page.setBypassCSP(true)
    await page.reload()
    for (const [scheme, width] of [
      ['light', 1300],
      ['dark', 360]
    ] as const) {
      await page.setViewport({ width, height: 800 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await ready(page)
      await trained(page)
      await page.evaluate(axe)
      const found = await page.evaluate(
        "axe.run().then(({ violations }) => violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => ({ id: v.id, nodes: v.nodes.map(n => n.html) })))"
      )
      expect(found).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    }
    await page.close()
  }, 120_000)

  test('reports no error, and asks no other server', () => expect(faults).toEqual([]))
})
