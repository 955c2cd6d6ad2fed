/** Recorded runs: broken off anywhere and gone on with, they end as if nothing had happened; a record that lies is found out. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { encodeCheckpoint } from '../../../src/run/checkpoint.js'
import { openRun } from '../../../src/run/open.js'
import { diffRecords } from '../../../src/run/record/diff.js'
import { encodeLink, link, type EpochLink } from '../../../src/run/record/epochs.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun, resumeRun, type Outcome, type RecordOptions } from '../../../src/run/record/recorder.js'
import { stateAt, verifyRecord } from '../../../src/run/record/replay.js'
import { decodeRow, encodeHeader, encodeRows, type Row } from '../../../src/run/record/rows.js'
import { stateDigest } from '../../../src/run/state.js'
import { tensorsOf, withTensors, type TrainState } from '../../../src/train/state.js'
import { train, turns } from '../../../src/train/train.js'
import { message, type Problem } from '../../../src/value/error.js'
import { allocate, numbersOf, view, type Tensor } from '../../../src/value/tensor.js'
import { leaves } from '../../../src/value/tree.js'
import { diverging, right } from '../helpers.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { epochSteps, runOf } from './run.js'

const root = mkdtempSync(join(tmpdir(), 'gradfold-record-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
let made = 0
const fresh = (): string => join(root, String(made++))
const ok = async <A>(t: TaskEither<Problem<string>, A>): Promise<A> => right(await t())
const bad = async (t: TaskEither<Problem<string>, unknown>): Promise<string> => {
  const r = await t()
  if (E.isRight(r)) throw new Error('it should have been refused')
  return message(r.left)
}
const record = (folder: string, epochs: number, o: Partial<RecordOptions> = {}): Promise<Outcome> =>
  ok(recordRun(folder, runOf(epochs), { backend: wasm, ...o }))

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
    expect(message((refused[0] as E.Left<Problem<string>>).left)).toMatch(/in use by process \d+/)
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
        turns(training, {
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
    expect(await bad(stateAt(folder, 25, { backend: wasm }))).toMatch(/a step of the run/)
  })
})

// ---- records that lie

/** the next number of the type */
const nextUp = (t: Tensor, i: number): Tensor => {
  const numbers = allocate('f32', numbersOf(t))
  const bits = new Uint32Array(numbers.buffer)
  bits[i] = (bits[i] as number) + 1
  return view('f32', t.shape, numbers)
}

/** a record whose run had one weight changed by one ulp after step k, and went on from there */
const planted = async (epochs: number, k: number, tensor: number, i: number) => {
  const [honest, folder] = [fresh(), fresh()]
  await record(honest, epochs, { every: 1, keep: { last: 1000 } })
  await record(folder, epochs, { every: 1, keep: { last: 1000 } })
  const r = await ok(readRecord(folder))
  const { training, datasets } = await ok(openRun(r.run))
  const { state } = await ok(stateAt(folder, k, { backend: wasm }))
  const name = `params/${(leaves<Tensor>(state.params)[tensor] as readonly [string, Tensor])[0]}`
  const changed = withTensors(state, {
    ...tensorsOf(state),
    [name]: nextUp(tensorsOf(state)[name] as Tensor, i)
  })
  const steps = r.steps as NonNullable<typeof r.steps>
  const rows: Row[] = Array.from({ length: k }, (_, s) => decodeRow(steps.layout, steps.rows, s))
  const at = new Map<number, TrainState>([[k, changed]])
  const { fingerprintOf } = await import('../../../src/value/fingerprint.js')
  rows[k - 1] = {
    ...(rows[k - 1] as Row),
    fingerprints: leaves<Tensor>(changed.params).flatMap(([, t]) => fingerprintOf(t))
  }
  const links: EpochLink[] = r.links.filter(l => l.step < k).slice()
  const pulled = right(
    turns(training, {
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
      checkpoints: 2
    })
    const copy = fresh()
    await record(copy, 3, { backend: reference })
    expect(await ok(diffRecords(folder, copy))).toEqual({ changes: [], steps: { a: 18, b: 18 } })
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
  test('compare run files path by path', async () => {
    const [a, b] = [fresh(), fresh()]
    await record(a, 2)
    await ok(recordRun(b, { ...runOf(2), seed: 6 }, { backend: wasm }))
    const d = await ok(diffRecords(a, b))
    expect(d.changes).toEqual([{ path: ['seed'], a: 5, b: 6 }])
    expect(d.first?.step).toBe(1)
  })
})
