/** A run is recorded on a disk that fails, or loses power, at any operation: whatever is left is gone on from, to the same record. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { Folder } from '../../../src/run/folder.js'
import { sha256Of } from '../../../src/run/sha256.js'
import { recordIn } from '../../../src/run/record/folder.js'
import { nameRun, recordUnlocked, type NamedRun } from '../../../src/run/record/recorder.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { diskOf, faults, keyOf, PowerCut, type Fault, type Image } from '../disk.js'
import { ok } from './folders.js'
import { right } from '../../support/either.js'

const run = right(
  parseRunFile(
    JSON.stringify({
      data: { tag: 'arrays', train: { x: [[0], [1], [2]], y: [[1], [0], [1]] } },
      model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
      loss: 'meanSquaredError',
      optimizer: { tag: 'momentum', rate: 0.1 },
      batchSize: 2,
      stop: { tag: 'epochs', count: 2 }
    })
  )
)
const recorded = (folder: Folder, named: NamedRun) =>
  recordUnlocked(folder, named, { backend: wasm, every: 1, keep: { last: 1 } })()
/** what must not depend on how a record came about, by its digest; an older checkpoint may stay where the power went before it was removed */
const content = (image: Image): string => {
  const newest = [...image.keys()]
    .filter(name => name.endsWith('.safetensors'))
    .sort()
    .at(-1)
  const kept = [...image].filter(([name]) => name === newest || /^(run|steps|epochs|result)\.[a-z]+$/.test(name))
  return sha256Of(new TextEncoder().encode(keyOf(new Map(kept))))
}

/** one operation in so many: all of them in `npm run sweep:damage` */
const sparse = process.env['RUNS'] === undefined ? 37 : 1
const timeout = sparse === 1 ? 3_600_000 : 120_000

const named = await ok(nameRun(run))
const clean = diskOf(new Map())
right(await recorded(clean.folder, named))
const whole = content(clean.now())

describe('a record', () => {
  const halves = (n: number): number => (n > 100 ? n >> 1 : n)
  const tried = new Set<string>()
  /** what was left is a record that says nothing wrong, or none; and a later try makes it whole */
  const goesOn = async (left: Image): Promise<void> => {
    if (tried.has(keyOf(left))) return
    tried.add(keyOf(left))
    const disk = diskOf(left)
    const there = await recordIn(disk.folder)()
    if (left.has('run.json')) {
      const { end, steps, links } = right(there)
      expect(steps?.count ?? 0).toBeGreaterThanOrEqual(links.at(-1)?.step ?? 0)
      if (end !== undefined) expect(content(left)).toBe(whole)
    } else expect(E.isLeft(there)).toBe(true)
    const outcome = right(await recorded(disk.folder, named))
    expect(outcome).toMatchObject({ tag: 'ended', skipped: [] })
    expect(content(disk.now())).toBe(whole)
    expect(disk.openFiles()).toBe(0)
  }
  const tryFault = async (fault: Fault, takes?: (n: number) => number): Promise<void> => {
    const disk = diskOf(new Map(), fault, takes)
    const outcome = await recorded(disk.folder, named).catch((e: unknown) => {
      if (e instanceof PowerCut) return undefined
      throw e
    })
    expect(outcome === undefined).toBe(fault.how.startsWith('crash'))
    if (outcome !== undefined) {
      expect(disk.openFiles()).toBe(0)
      await goesOn(disk.now())
    }
    const images = disk.images()
    // there are many: those with the least, with the most, and some of the others
    for (let i = 0; i < images.length; i += Math.max(1, Math.floor(images.length / 4))) await goesOn(images[i] as Image)
    await goesOn(images.at(-1) as Image)
  }

  test('once it is done, nothing can take it away', () => {
    for (const image of clean.images()) expect(content(image)).toBe(whole)
  })
  test.each([
    ['all at once', undefined],
    ['some bytes at a time', halves]
  ])(
    '%s: after an error or a crash at any operation the run goes on to the same record',
    { timeout },
    async (_, takes) => {
      const disk = diskOf(new Map(), undefined, takes)
      right(await recorded(disk.folder, named))
      const n = disk.operations()
      expect(n).toBeGreaterThan(100)
      for (let at = takes === undefined ? 0 : 3; at < n; at += sparse)
        for (const how of faults) await tryFault({ at, how }, takes)
      expect(tried.size).toBeGreaterThan(20)
    }
  )
})
