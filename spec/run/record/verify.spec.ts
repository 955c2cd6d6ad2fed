/** A record that lies is found out: at the very step, in the very tensor. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as E from 'fp-ts/lib/Either.js'
import type { Backend, Loop } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { encodeCheckpoint } from '../../../src/run/checkpoint.js'
import { openRun } from '../../../src/run/open.js'
import { diffRecords } from '../../../src/run/record/diff.js'
import { encodeLink, link, type EpochLink } from '../../../src/run/record/epochs.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun } from '../../../src/run/record/recorder.js'
import { stateAt } from '../../../src/run/record/replay.js'
import {
  decodeRow,
  encodeHeader,
  encodeRows,
  rowSize,
  type Layout,
  type StepRow
} from '../../../src/run/record/rows.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { stateDigest } from '../../../src/run/state.js'
import { tensorsOf, withTensors, type TrainState } from '../../../src/train/state.js'
import { trainIterator } from '../../../src/train/train.js'
import { fingerprintOf } from '../../../src/value/fingerprint.js'
import { allocate, numbersOf, tensorView, type Tensor } from '../../../src/value/tensor.js'
import { treeLeaves } from '../../../src/value/tree.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { diverging } from '../helpers.js'
import { folders, ok, record } from './folders.js'
import { epochSteps, runOf } from './run.js'
import { right } from '../../support/either.js'

const { fresh } = folders()

/** the next number of the type */
const nextUp = (t: Tensor, i: number): Tensor => {
  const numbers = allocate('f32', numbersOf(t))
  const bits = new Uint32Array(numbers.buffer)
  bits[i] = (bits[i] as number) + 1
  return tensorView('f32', t.shape, numbers)
}

/** a record whose run had one weight changed by one ulp after step k, and went on from there */
const planted = async (epochs: number, k: number, tensor: number, i: number) => {
  const [honest, folder] = [fresh(), fresh()]
  await record(honest, epochs, { every: 1, keep: { last: 1000 } })
  await record(folder, epochs, { every: 1, keep: { last: 1000 } })
  const r = await ok(readRecord(folder))
  const { training, datasets } = await ok(openRun(r.run))
  const { state } = await ok(stateAt(folder, k, { backend: wasm }))
  const name = `params/${(treeLeaves<Tensor>(state.params)[tensor] as readonly [string, Tensor])[0]}`
  const changed = withTensors(state, {
    ...tensorsOf(state),
    [name]: nextUp(tensorsOf(state)[name] as Tensor, i)
  })
  const steps = r.steps as NonNullable<typeof r.steps>
  const rows: StepRow[] = Array.from({ length: k }, (_, s) => decodeRow(steps.layout, steps.rows, s))
  const at = new Map<number, TrainState>([[k, changed]])
  rows[k - 1] = {
    ...(rows[k - 1] as StepRow),
    fingerprints: treeLeaves<Tensor>(changed.params).flatMap(([, t]) => fingerprintOf(t))
  }
  const links: EpochLink[] = r.links.filter(l => l.step < k).slice()
  const pulled = right(
    trainIterator(training, {
      backend: wasm,
      from: changed,
      fingerprints: true,
      turnSteps: 1,
      ...(datasets.validation === undefined ? {} : { validation: datasets.validation })
    })(datasets.train)
  )
  const own = r.links.find(l => l.step === k)
  if (own !== undefined) links.push(link({ ...own, state: stateDigest(changed) }, links.at(-1)?.chain ?? r.id))
  for (let next = pulled.next(); next.done !== true; next = pulled.next())
    for (const e of next.value.events) {
      if (e.tag === 'step') {
        rows.push({ ...e, fingerprints: e.fingerprints ?? [] })
        at.set(e.step, next.value.state())
      } else if (e.tag === 'epoch')
        links.push(link({ ...e, state: stateDigest(next.value.state()) }, links.at(-1)?.chain ?? r.id))
    }
  writeFileSync(
    join(folder, 'steps.bin'),
    Buffer.concat([encodeHeader(steps.layout), encodeRows(steps.layout, rows).bytes])
  )
  writeFileSync(join(folder, 'epochs.jsonl'), links.map(encodeLink).join(''))
  return { honest, folder, name, id: r.id, at, value: numbersOf(tensorsOf(state)[name] as Tensor)[i] as number }
}
/** an engine that gets one weight wrong, by one ulp, in step k; the call that takes step k must end with it */
const faulty = (k: number, path: string, i: number): Backend => ({
  ...wasm,
  loop: (programs, start, resident) =>
    E.map((loop: Loop): Loop => {
      const training = Object.keys(start).some(name => name.startsWith('optimizer/'))
      let taken = 0
      return {
        ...loop,
        steps: (program, count, inputs) => {
          const done = loop.steps(program, count, inputs)
          taken += count
          if (!training || taken !== k || E.isLeft(done)) return done
          const wrong = nextUp(loop.state()[`params/${path}`] as Tensor, i)
          right(loop.place({ [`params/${path}`]: wrong }))
          const name = `fingerprint/${path}`
          const told = done.right[name] as Tensor
          const words = Uint32Array.from(numbersOf(told))
          words.set(fingerprintOf(wrong), words.length - 2)
          return E.right({ ...done.right, [name]: tensorView('u32', told.shape, words) })
        }
      }
    })(wasm.loop(programs, start, resident))
})
const checkpointFile = (folder: string, step: number): string =>
  join(folder, 'checkpoints', `step-${String(step).padStart(12, '0')}.safetensors`)

describe('verify and diff', () => {
  test('say identical of an honest record', async () => {
    const folder = fresh()
    await record(folder, 3)
    expect(await ok(verifyRecord(folder, { backend: reference }))).toEqual({
      tag: 'identical',
      steps: 3 * epochSteps,
      epochs: 3,
      checkpoints: 2,
      skipped: []
    })
    const copy = fresh()
    await record(copy, 3, { backend: reference })
    expect(await ok(diffRecords(folder, copy))).toEqual({
      changes: [],
      steps: { a: 18, b: 18 },
      damaged: []
    })
  })
  test('find one weight changed by one ulp at exactly its step, tensor and place', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 17 }), fc.nat(4), fc.nat(5), async (k, tensor, at) => {
        const i = tensor === 4 ? 0 : at
        const { honest, folder, name, value } = await planted(3, k, Math.min(tensor, 3), Math.min(i, 0))
        // checkpoints tell the truth still: they are of the honest run, so a row must give the lie away
        const verdict = await ok(verifyRecord(folder, { backend: wasm }))
        expect(verdict).toMatchObject({ tag: 'different', step: k, at: name, number: { b: value } })
        const difference = await ok(diffRecords(honest, folder))
        expect(difference).toMatchObject({ changes: [], first: { step: k, at: [name] } })
      }),
      { numRuns: 8 }
    )
  })
  test('tell how far it is from the right number, from the fingerprint alone', async () => {
    const { folder } = await planted(2, 7, 1, 2)
    rmSync(join(folder, 'checkpoints'), { recursive: true })
    expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({
      tag: 'different',
      step: 7,
      number: { ulps: 1 }
    })
  })
  test('find a checkpoint that holds another state', async () => {
    const folder = fresh()
    await record(folder, 2, { every: 4, keep: { last: 100 } })
    const r = await ok(readRecord(folder))
    const { state } = await ok(stateAt(folder, 8, { backend: wasm }))
    const [name, t] = Object.entries(tensorsOf(state)).find(([n]) => n.startsWith('optimizer/')) as [string, Tensor]
    const changed = withTensors(state, { ...tensorsOf(state), [name]: nextUp(t, 0) })
    writeFileSync(checkpointFile(folder, 8), encodeCheckpoint({ state: changed, run: r.id }))
    expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({
      tag: 'different',
      step: 8,
      at: name,
      number: { ulps: 1 }
    })
  })
  test('find the weight that an engine got wrong while it recorded, and tell its values', async () => {
    const [honest, folder] = [fresh(), fresh()]
    const keep = { last: 100 }
    await record(honest, 3, { every: 7, keep })
    await record(folder, 3, { every: 7, keep, backend: faulty(7, 'dense2/weight', 1) })
    const { state } = await ok(stateAt(honest, 7, { backend: wasm }))
    const value = numbersOf(tensorsOf(state)['params/dense2/weight'] as Tensor)[1] as number
    const wrong = numbersOf(nextUp(tensorsOf(state)['params/dense2/weight'] as Tensor, 1))[1]
    const number = { index: [1, 0], a: wrong, b: value, ulps: 1 }
    const found = { step: 7, number, tensor: { count: 1, first: number, largest: number } }
    expect(await ok(verifyRecord(folder, { backend: reference }))).toMatchObject({
      tag: 'different',
      at: 'params/dense2/weight',
      ...found
    })
    expect((await ok(diffRecords(folder, honest))).first).toMatchObject({ at: ['params/dense2/weight'], ...found })
    // with one of the two checkpoints gone, the fingerprint tells the same
    rmSync(checkpointFile(folder, 7))
    expect((await ok(diffRecords(folder, honest))).first).toMatchObject({ at: ['params/dense2/weight'], number })
    expect((await ok(diffRecords(honest, folder))).first).toMatchObject({ number: { a: value, b: wrong, ulps: 1 } })
  })
  test('find a row that was changed, and rows that are missing, in the record of a run that has ended', async () => {
    const folder = fresh()
    await record(folder, 3)
    const path = join(folder, 'steps.bin')
    const bytes = readFileSync(path)
    const { layout } = (await ok(readRecord(folder))).steps as { readonly layout: Layout }
    const start = encodeHeader(layout).length
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(start + 10 * rowSize(layout) + 20) ^ 1, start + 10 * rowSize(layout) + 20)
    for (const damaged of [changed, bytes.subarray(0, start + 10 * rowSize(layout) + 5)]) {
      writeFileSync(path, damaged)
      expect(await ok(verifyRecord(folder, { backend: wasm }))).toEqual({
        tag: 'different',
        step: 11,
        at: 'the row of the step',
        damage: expect.objectContaining({
          path: [folder, 'steps.bin'],
          expected: 'sound rows of 18 steps',
          got: '10'
        }) as unknown
      })
      expect((await ok(diffRecords(folder, folder))).damaged).toHaveLength(2)
    }
    // they are named, passed over and taken again
    const again = await record(folder, 3)
    expect(again.skipped.map(({ name, error }) => [name, error.got])).toEqual([['steps.bin', '10']])
    expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({ tag: 'identical', steps: 18 })
  })
  test('find an end that was changed', async () => {
    const folder = fresh()
    await record(folder, 2)
    const path = join(folder, 'result.json')
    const text = readFileSync(path, 'utf8')
    const end = JSON.parse(text) as { readonly state: string; readonly train: { readonly loss: number } }
    const lies: readonly (readonly [string, object])[] = [
      ['digest of the last state', { state: end.state.replace(/./, c => (c === '0' ? '1' : '0')) }],
      ['reason of the end', { reason: 'loss below 0.1' }],
      ['scores of the last state', { train: { ...end.train, loss: end.train.loss / 2 } }],
      ['end of the run', { step: 2 * epochSteps - 1 }]
    ]
    for (const [at, lie] of lies) {
      writeFileSync(path, JSON.stringify({ ...end, ...lie }))
      expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({ tag: 'different', at })
    }
    writeFileSync(path, text)
    expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({ tag: 'identical' })
  })
  test('name checkpoints that are damaged', async () => {
    const folder = fresh()
    await record(folder, 2)
    const path = checkpointFile(folder, 2 * epochSteps)
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    const verdict = await ok(verifyRecord(folder, { backend: wasm }))
    expect(verdict).toMatchObject({ tag: 'identical', checkpoints: 1, skipped: [{ step: 2 * epochSteps }] })
  })
  test('say identical of a run that failed, and of one that goes on still', async () => {
    const [failed, half] = [fresh(), fresh()]
    await ok(recordRun(failed, right(parseRunFile(JSON.stringify(diverging))), { backend: wasm }))
    expect(await ok(verifyRecord(failed, { backend: wasm }))).toMatchObject({ tag: 'identical' })
    await record(half, 3, { every: 4, stop: () => true })
    expect(await ok(verifyRecord(half, { backend: wasm }))).toMatchObject({ tag: 'identical', steps: 4, epochs: 0 })
  })
  test('compare run files path by path', async () => {
    const [a, b] = [fresh(), fresh()]
    await record(a, 2)
    await ok(recordRun(b, { ...runOf(2), seed: 6 }, { backend: wasm }))
    const d = await ok(diffRecords(a, b))
    expect(d.changes).toEqual([{ path: ['seed'], a: 5, b: 6 }])
    expect(d.first?.step).toBe(1)
  })
})
