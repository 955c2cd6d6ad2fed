/** The columns of a CSV file may be in another order than when a run was recorded: names decide, so it is the same run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun, resumeRun } from '../../../src/run/record/recorder.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { right } from '../../support/either.js'
import { bad, folders, ok } from './folders.js'

const { fresh } = folders()
const rows = Array.from({ length: 24 }, (_, i) => ({ w: i / 10, h: 3 - i / 7, kind: i % 2 === 0 ? 'a' : 'b', id: i }))
type Column = keyof (typeof rows)[number]
const csvOf = (...columns: readonly Column[]): string =>
  [columns.join(','), ...rows.map(row => columns.map(c => row[c]).join(','))].join('\n')

const runOn = (train: string, order: readonly Column[] = ['w', 'h']) =>
  right(
    parseRunFile(
      JSON.stringify({
        data: {
          tag: 'csv',
          train,
          schema: {
            columns: { id: 'ignore', w: 'number', h: 'number', kind: { categories: ['a', 'b'] } },
            target: 'kind',
            order
          }
        },
        model: { input: [2], layers: [{ tag: 'dense', units: 3 }, 'tanh', { tag: 'dense', units: 2 }] },
        loss: 'softmaxCrossEntropy',
        optimizer: { tag: 'adam', rate: 0.05 },
        batchSize: 8,
        stop: { tag: 'epochs', count: 4 }
      })
    )
  )

test.each([
  ['turned round', ['kind', 'h', 'w', 'id']],
  ['rotated', ['w', 'kind', 'id', 'h']]
] as const)('%s, a record is resumed and verified to the bit', async (_, columns) => {
  const folder = fresh()
  const file = join(folder, '..', 'data.csv')
  writeFileSync(file, csvOf('id', 'w', 'h', 'kind'))
  const run = runOn(file)
  const stopped = await ok(recordRun(folder, run, { backend: wasm, every: 5, stop: () => true }))
  expect(stopped.tag).toBe('stopped')
  writeFileSync(file, csvOf(...columns))
  const { id } = await ok(resumeRun(folder, { backend: wasm }))
  expect(id).toBe(stopped.id)
  expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({ tag: 'identical', steps: 12, epochs: 4 })
  // the same as the record of the turned file alone
  const other = fresh()
  await ok(recordRun(other, run, { backend: wasm }))
  expect((await ok(readRecord(other))).end).toEqual((await ok(readRecord(folder))).end)
})
test('with another order of inputs in its schema it is another run', async () => {
  const folder = fresh()
  const file = join(folder, '..', 'data.csv')
  writeFileSync(file, csvOf('id', 'w', 'h', 'kind'))
  await ok(recordRun(folder, runOn(file), { backend: wasm }))
  expect(await bad(recordRun(folder, runOn(file, ['h', 'w']), { backend: wasm }))).toMatch(
    /expected the record of the run \w+, got that of/
  )
})
