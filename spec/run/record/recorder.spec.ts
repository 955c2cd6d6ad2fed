/** Recorded runs: broken off anywhere and gone on with, they end as if nothing had happened; a record that lies is found out. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { openRun } from '../../../src/run/open.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun, resumeRun } from '../../../src/run/record/recorder.js'
import { stateAt } from '../../../src/run/record/replay.js'
import { stateDigest } from '../../../src/run/state.js'
import { train, trainIterator } from '../../../src/train/train.js'
import { showError, type Problem } from '../../../src/value/error.js'
import { diverging } from '../helpers.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { bad, folders, ok, record } from './folders.js'
import { epochSteps, runOf } from './run.js'
import { right } from '../../support/either.js'

const { fresh } = folders()

/** what a record holds that must not depend on how the run came about */
const content = (folder: string): unknown => ({
  run: readFileSync(join(folder, 'run.json'), 'utf8'),
  steps: readFileSync(join(folder, 'steps.bin')).toString('hex'),
  epochs: readFileSync(join(folder, 'epochs.jsonl'), 'utf8'),
  result: readFileSync(join(folder, 'result.json'), 'utf8')
})

/** broken off after so many turns */
const stopAfter = (turnsTaken: number): (() => boolean) => {
  let n = 0
  return () => ++n >= turnsTaken
}

describe('recording', () => {
  test('is training: the same bits, with every step and epoch written down', async () => {
    const folder = fresh()
    const o = await record(folder, 4)
    const { training, datasets } = await ok(openRun(runOf(4)))
    const trained = right(
      train(training, {
        backend: reference,
        ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
      })(datasets.train)
    )
    if (o.tag !== 'ended' || o.end.tag !== 'finished') throw new Error('it should have ended well')
    expect(o.end.state).toBe(stateDigest(trained.state))
    expect(o.end.reason).toBe('epochs 4')
    const r = await ok(readRecord(folder))
    expect(r.steps?.count).toBe(4 * epochSteps)
    expect(r.links.map(l => l.step)).toEqual([1, 2, 3, 4].map(e => e * epochSteps))
    expect(r.links.map(({ epoch, loss, metrics, validation }) => ({ epoch, loss, metrics, validation }))).toEqual(
      trained.history.map(({ epoch, loss, metrics, validation }) => ({ epoch, loss, metrics, validation }))
    )
  })
  test('gives the same record on every backend', async () => {
    const [a, b] = [fresh(), fresh()]
    await record(a, 3)
    await record(b, 3, { backend: reference })
    expect(content(b)).toEqual(content(a))
  })
  test('broken off at any turn, as often as may be, and gone on with: the same record', async () => {
    const whole = fresh()
    await record(whole, 5, { every: 4 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (breaks, every) => {
          const folder = fresh()
          for (const n of breaks) await record(folder, 5, { every, stop: stopAfter(n) })
          const o = await ok(resumeRun(folder, { backend: wasm, every })).catch(() => record(folder, 5, { every }))
          expect(o.tag).toBe('ended')
          expect(content(folder)).toEqual(content(whole))
        }
      ),
      { numRuns: 12 }
    )
  })
  test('goes on from files that were torn while they were written', async () => {
    const whole = fresh()
    await record(whole, 4)
    for (const torn of [1, 7, 50, 200]) {
      const folder = fresh()
      await record(folder, 4, { stop: stopAfter(3) })
      for (const name of ['steps.bin', 'epochs.jsonl'])
        truncateSync(join(folder, name), Math.max(0, statSync(join(folder, name)).size - torn))
      await ok(resumeRun(folder, { backend: wasm }))
      expect(content(folder)).toEqual(content(whole))
    }
  })
  test('passes over a damaged checkpoint, and says so', async () => {
    const [whole, folder] = [fresh(), fresh()]
    await record(whole, 4)
    await record(folder, 4, { stop: stopAfter(3) })
    const newest = readdirSync(join(folder, 'checkpoints')).sort().at(-1) as string
    const bytes = readFileSync(join(folder, 'checkpoints', newest))
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1
    writeFileSync(join(folder, 'checkpoints', newest), bytes)
    const o = await ok(resumeRun(folder, { backend: wasm }))
    expect(o.skipped.map(s => s.name)).toEqual([newest])
    expect(content(folder)).toEqual(content(whole))
  })
  test('does not repeat a run that has ended, unless asked', async () => {
    const folder = fresh()
    await record(folder, 2)
    const before = content(folder)
    expect(await record(folder, 2)).toMatchObject({ tag: 'ended', before: true })
    expect(await record(folder, 2, { again: true })).toMatchObject({ tag: 'ended', before: false, from: 0 })
    expect(content(folder)).toEqual(before)
  })
  test('refuses a folder with another run, and one in use', async () => {
    const folder = fresh()
    await record(folder, 2)
    expect(await bad(recordRun(folder, runOf(3), { backend: wasm }))).toMatch(/expected the record of the run/)
    let second = ''
    await record(folder, 2, {
      again: true,
      observe: () => {
        if (second === '') second = 'asked'
      },
      stop: () => false
    })
    const pending = recordRun(fresh(), runOf(30), { backend: wasm })
    expect(E.isRight(await pending())).toBe(true)
    const shared = fresh()
    const [one, two] = await Promise.all([
      recordRun(shared, runOf(20), { backend: wasm })(),
      recordRun(shared, runOf(20), { backend: wasm })()
    ])
    const refused = [one, two].filter(E.isLeft)
    expect(refused).toHaveLength(1)
    expect(showError((refused[0] as E.Left<Problem<string>>).left)).toMatch(/in use by process \d+/)
  })
  test('and one whose run file was changed: what is there is of another run', async () => {
    for (const stop of [stopAfter(3), (): boolean => false]) {
      const folder = fresh()
      await record(folder, 4, { stop })
      const file = join(folder, 'run.json')
      const before = readFileSync(file, 'utf8')
      writeFileSync(file, readFileSync(file, 'utf8').replace('"count":4', '"count":6'))
      const names = readdirSync(join(folder, 'checkpoints')).sort()
      expect(await bad(resumeRun(folder, { backend: wasm }))).toMatch(
        /expected a checkpoint of the run|result\.json\/id: expected that of run\.json/
      )
      expect(await bad(recordRun(folder, runOf(6), { backend: wasm }))).toMatch(/expected/)
      // nothing was lost
      expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(names)
      writeFileSync(file, before)
      await ok(resumeRun(folder, { backend: wasm }))
      const whole = fresh()
      await record(whole, 4)
      expect(content(folder)).toEqual(content(whole))
    }
  })
  test('records how a run failed, with its last good state', async () => {
    const folder = fresh()
    const o = await ok(recordRun(folder, right(parseRunFile(JSON.stringify(diverging))), { backend: wasm }))
    if (o.tag !== 'ended') throw new Error('it should have ended')
    expect(o.end).toMatchObject({ tag: 'failed', problem: { expected: 'finite numbers' } })
    expect((await ok(readRecord(folder))).end).toEqual(o.end)
  })
})

describe('a state of any step', () => {
  test('is that of the run stopped there', async () => {
    const folder = fresh()
    await record(folder, 4, { every: 5, keep: { last: 2 } })
    const { training, datasets } = await ok(openRun(runOf(4)))
    for (const step of [0, 1, 6, 13, 24]) {
      const { state } = await ok(stateAt(folder, step, { backend: wasm }))
      expect(state.progress.step).toBe(step)
      if (step === 0) continue
      const pulled = right(
        trainIterator(training, {
          backend: wasm,
          pauseAt: s => s === step,
          ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
        })(datasets.train)
      )
      for (let next = pulled.next(); next.done !== true; next = pulled.next())
        if (next.value.events.some(e => e.tag === 'step' && e.step === step)) {
          expect(stateDigest(state)).toBe(stateDigest(next.value.state()))
          break
        }
    }
    expect(await bad(stateAt(folder, 25, { backend: wasm }))).toBe(
      'step: expected at most 24, where the run ends, got 25'
    )
  })
})
