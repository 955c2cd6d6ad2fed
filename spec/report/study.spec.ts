/** Pages of recorded studies and of several runs, as the command writes them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { recordRun } from '../../src/run/record/recorder.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { openStudyFolder } from '../../src/search/folder.js'
import { studyHtml } from '../../src/search/page.js'
import { readStudyAt } from '../../src/search/recorded.js'
import { search } from '../../src/search/search.js'
import { parseStudyFile, studyOf } from '../../src/search/study-file.js'
import { folderAt } from '../../src/run/folder.js'
import { gradfold } from '../cli/helpers.js'
import { runJson } from '../run/record/run.js'
import { right } from '../support/either.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-study-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (name: string): string => join(root, name)
const report = async (...args: readonly string[]): Promise<string> => {
  const out = at('out.html')
  const { code, err } = await gradfold(['report', ...args, '--out', out])
  expect([code, err]).toEqual([0, ''])
  return readFileSync(out, 'utf8')
}

/** 200 trials whose values a formula gives: a page is about what was found, not about training */
const study = {
  // in the order in which the folder keeps them
  space: {
    file: { tag: 'choice', of: ['a.csv', 'b<i>.csv', '</text><i>'] },
    rate: { tag: 'logUniform', lower: 1e-4, upper: 1 },
    units: { tag: 'integer', lower: 1, upper: 64 }
  },
  run: {
    ...runJson(1),
    optimizer: { tag: 'sgd', rate: { $: 'rate' } },
    model: { input: [3], layers: [{ tag: 'dense', units: { $: 'units' } }, 'tanh', { tag: 'dense', units: 1 }] },
    data: { tag: 'csv', train: { $: 'file' }, schema: { columns: { x: 'number', y: 'number' }, target: 'y' } }
  },
  budget: 200,
  seed: 4,
  zoom: { rounds: 3 }
}
const made = async (folder: string): Promise<string> => {
  const file = right(parseStudyFile(JSON.stringify(study)))
  const kept = right(await openStudyFolder(folderAt(folder), file)())
  const found = right(
    await search(studyOf(file), {
      runner: run => {
        const { rate } = run.optimizer as unknown as { readonly rate: number }
        const value = (rate - 0.01) * (rate - 0.01)
        return TE.right(
          rate > 0.5
            ? { tag: 'diverged', step: 3, message: '<b>too large' }
            : { tag: 'scored', value, epoch: 1, step: 6, reason: 'epochs' }
        )
      },
      recall: kept.recall,
      keep: kept.keep
    })()
  )
  return studyHtml(found, `Study ${folder}`)
}

describe('the page of a study', () => {
  const folder = at('study')
  let whole = ''
  beforeAll(async () => {
    whole = await made(folder)
  })
  test('read from its folder is that of the search itself', async () => {
    expect((await report(folder)) === whole).toBe(true)
    for (const part of ['Parallel coordinates', 'Importance', 'Ranges', 'best so far', 'Best of 200 trials'])
      expect(whole.includes(part), part).toBe(true)
  })
  test('of 200 trials is below 1.5 MB, shows texts as texts and loads nothing', () => {
    expect(whole.length).toBeLessThan(1_500_000)
    expect(/<script|<i>|<img|src="|href="(?!#)|NaN|undefined/.test(whole)).toBe(false)
    const ids = [...whole.matchAll(/ id="([^"]*)"/g)].map(m => m[1])
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('that is not finished says so, and needs no lock', async () => {
    const partial = at('partial')
    await made(partial)
    for (const name of readdirSync(partial).filter(n => n >= 'trial-000030')) rmSync(join(partial, name))
    writeFileSync(join(partial, 'trial-000010.json'), 'damaged')
    const found = right(await readStudyAt(partial)())
    expect([found.complete, found.trials.length]).toEqual([false, 29])
    expect((await report(partial)).includes('not finished')).toBe(true)
  })
})

describe('the page of several runs', () => {
  beforeAll(async () => {
    const json = runJson(3)
    for (const [name, more] of [
      ['a', {}],
      ['b', {}],
      ['c', { optimizer: { tag: 'adam', rate: { tag: 'exponentialDecay', initial: 0.05, factor: 0.9 } } }],
      ['d', { seed: 6, batchSize: 5 }]
    ] as const) {
      const run = right(parseRunFile(JSON.stringify({ ...json, ...more })))
      right(await recordRun(at(name), run, { backend: wasm })())
    }
  })
  test('says which settings differ and where the runs part', async () => {
    const html = await report(at('a'), at('b'), at('c'), at('d'))
    expect(html.includes('the same 18 steps, to the bit')).toBe(true)
    // the two rates are the same in the first epoch of 6 steps
    expect(html.includes('step 7: params/')).toBe(true)
    expect(html.includes('parts at step 7')).toBe(true)
    expect(html.includes('step 1: params/')).toBe(true)
    expect(html.includes('optimizer/rate/factor')).toBe(true)
    expect(/NaN|undefined/.test(html)).toBe(false)
    expect((await report(at('a'), at('b'), at('c'), at('d'))) === html).toBe(true)
  })
  test('is refused where one of them is no record', async () => {
    expect((await gradfold(['report', at('a'), root, '--out', at('x')])).code).toBe(2)
  })
})
