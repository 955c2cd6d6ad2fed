/** A store of records: nothing is computed twice, and what is taken over is what would have been computed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { RunOutcome, RecordOptions } from '../../../src/run/record/options.js'
import { recordRun } from '../../../src/run/record/recorder.js'
import { storeRun } from '../../../src/run/record/store.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import type { RunFile } from '../../../src/run/run-file.js'
import { anyOf, earlyStopping, epochs, lossBelow, steps } from '../../../src/train/stop/index.js'
import { epochSteps, runOf } from './run.js'
import { right } from '../../support/either.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-store-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
let made = 0
const fresh = (): string => join(root, String(made++))
/** how many steps were computed, beside the outcome */
const train = async (
  store: string,
  run: RunFile,
  o: Partial<RecordOptions> = {}
): Promise<RunOutcome & { readonly taken: number }> => {
  let taken = 0
  const observe: RecordOptions['observe'] = e => {
    if (e.tag === 'step') taken++
  }
  return { ...right(await storeRun(store, run, { backend: wasm, observe, ...o })()), taken }
}
/** what a record holds that must not depend on how the run came about */
const content = (folder: string): unknown =>
  ['run.json', 'steps.bin', 'epochs.jsonl', 'result.json'].map(name => readFileSync(join(folder, name)).toString('hex'))
/** the record of a run that was computed from its start */
const whole = async (run: RunFile): Promise<unknown> => {
  const folder = fresh()
  right(await recordRun(folder, run, { backend: wasm })())
  return content(folder)
}

describe('a store', () => {
  test('calls the folder of a run after it', async () => {
    const store = fresh()
    const { id, folder } = await train(store, runOf(1))
    expect(readdirSync(store)).toEqual([id])
    expect(folder).toBe(`${store}/${id}`)
    expect(content(folder)).toEqual(await whole(runOf(1)))
  })
  test('does not repeat a run that has ended, unless asked', async () => {
    const store = fresh()
    await train(store, runOf(2))
    expect(await train(store, runOf(2))).toMatchObject({ tag: 'ended', before: true, taken: 0 })
    expect(await train(store, runOf(2), { again: true })).toMatchObject({ before: false, taken: 2 * epochSteps })
  })
  test('goes on with a run that was broken off', async () => {
    const store = fresh()
    await train(store, runOf(3), { every: 4, stop: () => true })
    expect(await train(store, runOf(3))).toMatchObject({ tag: 'ended', from: 4, taken: 3 * epochSteps - 4 })
  })
  test('after 20 epochs, 50 cost 30, and the record is that of 50 from the start', async () => {
    const store = fresh()
    const twenty = await train(store, runOf(20))
    const fifty = await train(store, runOf(50))
    expect(fifty).toMatchObject({ tag: 'ended', from: 20 * epochSteps, taken: 30 * epochSteps, shared: twenty.id })
    expect(content(fifty.folder)).toEqual(await whole(runOf(50)))
    expect(right(await verifyRecord(fifty.folder, { backend: wasm })())).toMatchObject({ tag: 'identical', epochs: 50 })
  })
  test('of several that share the start, the one that has come furthest is taken', async () => {
    const store = fresh()
    for (const n of [2, 5, 3]) await train(store, runOf(n))
    expect(await train(store, runOf(7))).toMatchObject({ from: 5 * epochSteps, taken: 2 * epochSteps })
  })
  test('a shorter run is part of a longer one, as far as states are kept', async () => {
    const store = fresh()
    await train(store, runOf(6), { keep: { last: 100 } })
    const four = await train(store, runOf(4))
    expect(four).toMatchObject({ tag: 'ended', from: 4 * epochSteps, taken: 0 })
    expect(content(four.folder)).toEqual(await whole(runOf(4)))
  })
  test.each([
    ['epochs', epochs(6)],
    ['steps, in the middle of an epoch', steps(20)],
    ['a rule that remembers', anyOf(earlyStopping({ patience: 2 }), epochs(9))],
    ['a rule about the loss', anyOf(lossBelow(1e-9), epochs(5))]
  ])('whatever the other stop rule is, the record is that of a run from its start: %s', async (_, stop) => {
    const store = fresh()
    await train(store, runOf(4), { every: 3, keep: { last: 100 } })
    const run = { ...runOf(4), stop }
    const { folder } = await train(store, run)
    expect(content(folder)).toEqual(await whole(run))
  })
  test('runs that differ in anything else share nothing', async () => {
    const store = fresh()
    await train(store, runOf(2))
    expect(await train(store, { ...runOf(3), seed: 9 })).toMatchObject({ from: 0, taken: 3 * epochSteps })
    expect(await train(store, { ...runOf(3), batchSize: 7 })).toMatchObject({ from: 0 })
  })
  test('a damaged record is no hindrance, and is not taken over', async () => {
    const store = fresh()
    const { folder } = await train(store, runOf(2))
    for (const name of readdirSync(join(folder, 'checkpoints')))
      writeFileSync(join(folder, 'checkpoints', name), 'nothing')
    writeFileSync(join(store, 'a file'), '')
    expect(await train(store, runOf(3))).toMatchObject({ from: 0, taken: 3 * epochSteps })
    writeFileSync(join(folder, 'run.json'), '{}')
    expect(await train(store, runOf(4))).toMatchObject({ from: 3 * epochSteps })
  })
})
