/** Trials that are kept: whatever is changed in their files, they are run again, to the same numbers. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { folderAt } from '../../src/run/folder.js'
import { openStudyFolder } from '../../src/search/folder.js'
import { parseStudyFile } from '../../src/search/study-file.js'
import { search } from '../../src/search/search.js'
import { studyOf } from '../../src/search/study-file.js'
import { left, right } from '../support/either.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-kept-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
const study = (seed: number) =>
  right(
    parseStudyFile(
      JSON.stringify({
        space: { rate: { tag: 'logUniform', lower: 0.001, upper: 1 } },
        run: {
          data: { tag: 'arrays', train: { x: [[0], [1]], y: [[1], [0]] } },
          validation: { tag: 'random', fraction: 0.5 },
          model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
          loss: 'meanSquaredError',
          optimizer: { tag: 'sgd', rate: { $: 'rate' } },
          batchSize: 1,
          stop: { tag: 'epochs', count: 1 }
        },
        budget: 2,
        seed
      })
    )
  )
const trial = 'trial-000000.json'
const job = { index: 0, round: 0, origin: 0, settings: { rate: 0.1 }, seed: 1 }
const kept = { ...job, outcome: { tag: 'scored', value: 0.5, epoch: 1, step: 1, reason: 'epochs 1' } } as const

test('a trial is believed only as it was written, byte for byte, and in its own study', async () => {
  const folder = mkdtempSync(join(root, 'study-'))
  const open = async (seed = 1) => right(await openStudyFolder(folderAt(folder), study(seed))())
  const recalled = async () => right(await (await open()).recall(job)())
  right(await (await open()).keep(kept)())
  expect(await recalled()).toEqual(kept)
  const bytes = readFileSync(join(folder, trial))
  for (let i = 0; i < bytes.length; i++)
    for (const bit of [1, 4]) {
      const changed = Buffer.from(bytes)
      changed[i] = (changed[i] as number) ^ bit
      writeFileSync(join(folder, trial), changed)
      expect(await recalled()).toBeUndefined()
    }
  for (const other of [Buffer.concat([bytes, Buffer.from(' ')]), bytes.subarray(0, -1), Buffer.alloc(0)]) {
    writeFileSync(join(folder, trial), other)
    expect(await recalled()).toBeUndefined()
  }
  const elsewhere = mkdtempSync(join(root, 'study-'))
  writeFileSync(join(elsewhere, trial), bytes)
  const other = right(await openStudyFolder(folderAt(elsewhere), study(2))())
  expect(right(await other.recall(job)())).toBeUndefined()
})

test('what interrupted saves left is removed, and what is behind the study too', async () => {
  const folder = mkdtempSync(join(root, 'study-'))
  const names = () => readdirSync(folder).sort()
  right(await openStudyFolder(folderAt(folder), study(1))())
  const text = readFileSync(join(folder, 'study.json'), 'utf8')
  writeFileSync(join(folder, 'study.json'), `${text}\n \n`)
  for (const name of [`${trial}.0b0f1f0c-7f5b-4f6e-9c3c-2f3a4b5c6d7e.part`, 'study.json.part', 'mine.part'])
    writeFileSync(join(folder, name), '{')
  right(await openStudyFolder(folderAt(folder), study(1))())
  expect(names()).toEqual(['mine.part', 'study.json'])
  expect(readFileSync(join(folder, 'study.json'), 'utf8')).toBe(text)
})

test('an observer that throws is Left', async () => {
  const runner = () => TE.right(kept.outcome)
  const observe = (): never => {
    throw new Error('mine')
  }
  expect(left(await search(studyOf(study(1)), { runner, observe })())).toContain('observe: expected a function')
})
