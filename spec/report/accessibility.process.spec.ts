/** The pages of reports in a real browser: they need no network, and axe finds nothing serious in light and in dark. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import puppeteer from 'puppeteer-core'
import { expect, test } from 'vitest'
import * as gf from '../../src/index.js'
import { historyHtml } from '../../src/report.js'
import { studyHtml } from '../../src/search/page.js'
import { inProcess } from '../../src/search/runner/in-process.js'
import { search } from '../../src/search/search.js'
import { parseStudyFile, studyOf } from '../../src/search/study-file.js'
import { describeWith, programOf } from '../support/components.js'
import { right } from '../support/either.js'
import { irisStudy } from '../search/helpers.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const trainingPage = (): string => {
  const events: gf.TrainEvent[] = []
  const settings = gf.training({
    model: gf.model(gf.input(2), gf.dense(8), gf.tanh, gf.dense(1)),
    loss: gf.meanSquaredError,
    optimizer: gf.adam(0.05),
    batchSize: 4,
    metrics: [gf.rmse],
    stop: gf.epochs(20)
  })
  const xor = gf.fromArrays(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1]
    ],
    [[0], [1], [1], [0]]
  )
  right(pipe(xor, E.chainW(gf.train(settings, { backend: gf.wasm, observe: e => events.push(e) }))))
  return historyHtml(events, { title: 'XOR', training: settings })
}
const studyPage = async (): Promise<string> => {
  const study = studyOf(right(parseStudyFile(JSON.stringify({ ...irisStudy, zoom: { rounds: 2, keep: 2 } }))))
  const found = await pipe(
    search(study, { runner: inProcess(gf.wasm) }),
    TE.map(result => studyHtml(result, 'study.json'))
  )()
  return right(found)
}

interface Finding {
  readonly id: string
  readonly impact?: string | null
  readonly nodes: readonly unknown[]
}

describeWith('chromium')('pages in a browser', () => {
  test.each([
    ['of a training', () => Promise.resolve(trainingPage())],
    ['of a study', studyPage]
  ] as const)('%s load nothing, and have no serious finding of axe', async (_, make) => {
    const html = await make()
    const browser = await puppeteer.launch({
      browser: 'chrome',
      executablePath: programOf('chromium') ?? 'chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      headless: true
    })
    try {
      for (const scheme of ['light', 'dark']) {
        const page = await browser.newPage()
        // axe is put into the page, whose policy forbids scripts
        await page.setBypassCSP(true)
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        const asked: string[] = []
        page.on('request', request => asked.push(request.url()))
        await page.setContent(html)
        await page.evaluate(axe)
        const findings = (await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(n => n.html) })))'
        )) as readonly Finding[]
        expect(findings.filter(f => f.impact === 'serious' || f.impact === 'critical')).toEqual([])
        expect(asked.filter(url => /^https?:/.test(url))).toEqual([])
        await page.close()
      }
    } finally {
      await browser.close()
    }
  })
})
