/** A folder of checkpoints holds the old one or the new one, whatever the disk does. */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { encodeCheckpoint, type Checkpoint } from '../../src/run/checkpoint.js'
import {
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  saveCheckpoint,
  type Latest
} from '../../src/run/checkpoints.js'
import type { Folder, Output } from '../../src/run/folder.js'
import { replaceFile } from '../../src/run/replace.js'
import { stateDigest } from '../../src/run/state.js'
import type { FileError } from '../../src/value/error.js'
import { diskOf, faults, keyOf, PowerCut, type Image } from './disk.js'
import { checkpointAfter, run, small } from './small.js'
import { left, right } from '../support/either.js'

const at = (step: number): string => `step-${String(step).padStart(12, '0')}.safetensors`
const imageOf = (...all: readonly Checkpoint[]): Image =>
  new Map(all.map(c => [at(c.state.progress.step), encodeCheckpoint(c)]))
const put = (image: Image, name: string, bytes: Uint8Array): Image => new Map([...image, [name, bytes]])
/** one bit of the last byte, which is a tensor's */
const bitten = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === bytes.length - 1 ? b ^ 1 : b))

const scored = (step: number, loss: number): Checkpoint => checkpointAfter(step, { run, scores: { loss, metrics: {} } })
const [five, six, seven] = [scored(5, 0.3), scored(6, 0.1), scored(7, 0.2)]
const latest = async (folder: Folder): Promise<Latest> => right(await latestCheckpoint(folder, small, { run })())
const digestOf = ({ found }: Latest): string | undefined => found?.checkpoint.digest
const names = async (folder: Folder): Promise<readonly string[]> => [...right(await folder.names())].sort()

describe('a folder of checkpoints', () => {
  test('gives back the newest, to the bit', async () => {
    const { folder } = diskOf(new Map())
    for (const c of [six, five]) expect(right(await saveCheckpoint(folder)(c)())).toBe(at(c.state.progress.step))
    const { found, skipped } = await latest(folder)
    expect(found).toMatchObject({ step: 6, name: at(6), checkpoint: six })
    expect(found?.checkpoint.digest).toBe(stateDigest(six.state))
    expect(skipped).toEqual([])
  })
  test('is empty where there is no folder', async () =>
    expect(await latest(diskOf(new Map()).folder)).toEqual({ skipped: [] }))
  test('gives the newest up to a step', async () => {
    const { folder } = diskOf(imageOf(five, six, seven))
    const of = async (upTo: number) => right(await latestCheckpoint(folder, small, { upTo })()).found?.step
    expect([await of(4), await of(5), await of(6), await of(100)]).toEqual([undefined, 5, 6, 7])
  })
  test('names what is damaged, and passes over it', async () => {
    const damaged = put(imageOf(five, six), at(7), bitten(encodeCheckpoint(seven)))
    const { folder } = diskOf(put(damaged, at(8), encodeCheckpoint(seven).slice(0, 100)))
    const { found, skipped } = await latest(folder)
    expect(found?.step).toBe(6)
    expect(skipped.map(s => s.name)).toEqual([at(8), at(7)])
    expect(left(E.left(skipped[0]?.error as never))).toMatch(/^step-000000000008\.safetensors\/safetensors: /)
    expect(left(E.left(skipped[1]?.error as never))).toMatch(/step-000000000007.*the file is damaged$/)
    expect(await names(folder)).toEqual([5, 6, 7, 8].map(at))
  })
  test('does not believe a name', async () => {
    const { folder } = diskOf(put(imageOf(five), at(9), encodeCheckpoint(six)))
    const { found, skipped } = await latest(folder)
    expect(found?.step).toBe(5)
    expect(left(E.left(skipped[0]?.error as never))).toContain('expected the state after step 9')
    const listed = right(await listCheckpoints(folder)())
    expect(listed.map(l => [l.step, E.isRight(l.head)])).toEqual([
      [9, false],
      [5, true]
    ])
  })
  test('looks only at the names it gives', async () => {
    const strange = [
      `${at(9)}.part`,
      'step-9.safetensors',
      'step-0000000000009.safetensors',
      `x${at(9)}`,
      'step-999999999999999999.safetensors',
      'step-00000000000a.safetensors',
      '../step-000000000009.safetensors'
    ]
    const image = strange.reduce((i, name) => put(i, name, encodeCheckpoint(six)), imageOf(five))
    expect(await latest(diskOf(image).folder)).toMatchObject({ found: { step: 5 }, skipped: [] })
  })
  test('of another run or another training is an error, not a new beginning', async () => {
    const { folder } = diskOf(imageOf(five))
    const other = 'cd'.repeat(32)
    expect(left(await latestCheckpoint(folder, small, { run: other })())).toBe(
      `memory/${at(5)}: expected a checkpoint of the run ${other}, got ${run}`
    )
    const f64 = { ...small, precision: 'f64' } as const
    expect(left(await latestCheckpoint(folder, f64)())).toBe(
      `${at(5)}/params/dense/weight: expected f64[2, 3], got f32[2, 3]; is it of this model?`
    )
  })
  test('lists what the headers say', async () => {
    const listed = right(await listCheckpoints(diskOf(imageOf(five, seven)).folder)())
    expect(listed.map(({ name, step, head }) => [name, step, right(head).scores?.loss])).toEqual([
      [at(7), 7, 0.2],
      [at(5), 5, 0.3]
    ])
  })
})

describe('keeping', () => {
  const pruned = async (image: Image, keep: Parameters<typeof pruneCheckpoints>[1]) => {
    const { folder } = diskOf(image)
    const removed = right(await pruneCheckpoints(folder, keep)())
    expect((await names(folder)).filter(n => removed.includes(n))).toEqual([])
    return names(folder)
  }
  const all = imageOf(five, six, seven)
  test('the last', async () => expect(await pruned(all, { last: 2 })).toEqual([at(6), at(7)]))
  test('the best too', async () => expect(await pruned(all, { last: 1, best: true })).toEqual([at(6), at(7)]))
  test('of equally good ones the earlier, of NaN none', async () => {
    const image = imageOf(scored(3, NaN), scored(4, 0.5), scored(5, 0.5), scored(6, NaN), checkpointAfter(7))
    expect(await pruned(image, { last: 1, best: true })).toEqual([at(4), at(7)])
  })
  test('more than there are', async () => expect(await pruned(all, { last: 9 })).toHaveLength(3))
  test('what is damaged, and what is of others; not what a broken writing left', async () => {
    const mine = put(put(all, at(9), new Uint8Array(9)), 'notes.part', new Uint8Array(1))
    const image = put(mine, `${at(8)}.part`, encodeCheckpoint(seven))
    expect(await pruned(image, { last: 1 })).toEqual(['notes.part', at(7), at(9)])
  })
  test.each([0, -1, 1.5, NaN, Infinity])('%d are refused', async last =>
    expect(left(await pruneCheckpoints(diskOf(all).folder, { last })())).toBe(
      `last: expected a positive whole number, got ${last}`
    )
  )
})

describe('whatever the disk does', () => {
  /** saves the newer one, and keeps no other */
  const saveOne = async (folder: Folder, c: Checkpoint) => {
    const saved = await saveCheckpoint(folder)(c)()
    const kept = E.isRight(saved) ? await pruneCheckpoints(folder, { last: 1 })() : saved
    return { saved: E.isRight(saved), done: E.isRight(kept) }
  }
  const before: readonly (readonly [string, Image, Checkpoint])[] = [
    ['beside an older one', imageOf(five), six],
    ['in place of one of the same step', imageOf(scored(6, 0.9)), six],
    ['where a writing was broken off', put(imageOf(five), `${at(6)}.part`, new Uint8Array(30)), six]
  ]
  const halves = (n: number): number => (n > 100 ? n >> 1 : n)
  const digests = (image: Image, c: Checkpoint): readonly (string | undefined)[] => {
    const old = [five, scored(6, 0.9)].find(o => image.has(at(o.state.progress.step)))
    return [old && stateDigest(old.state), stateDigest(c.state)]
  }

  describe.each(before)('%s', (_, image, c) => {
    const [old, fresh] = digests(image, c)
    const seen = new Map<string, { readonly digest: string | undefined; readonly skipped: number }>()
    /** what is found on what is left: many faults leave the same */
    const foundOn = async (left: Image) => {
      const key = keyOf(left)
      const known = seen.get(key)
      if (known !== undefined) return known
      const there = await latest(diskOf(left).folder)
      const found = { digest: digestOf(there), skipped: there.skipped.length }
      seen.set(key, found)
      return found
    }
    const count = async (takes?: (n: number) => number): Promise<number> => {
      const disk = diskOf(image, undefined, takes)
      expect(await saveOne(disk.folder, c)).toEqual({ saved: true, done: true })
      expect([...disk.now().keys()]).toEqual([at(6)])
      // once it is done nothing can take the new one away
      for (const left of disk.images()) expect(await foundOn(left)).toEqual({ digest: fresh, skipped: 0 })
      return disk.operations()
    }
    /** a later try, on what is left, succeeds */
    const tried = new Set<string>()
    const again = async (left: Image): Promise<void> => {
      if (tried.has(keyOf(left))) return
      tried.add(keyOf(left))
      const disk = diskOf(left)
      expect(await saveOne(disk.folder, c)).toEqual({ saved: true, done: true })
      expect([...disk.now().keys()]).toEqual([at(6)])
      expect(disk.now().get(at(6))).toEqual(encodeCheckpoint(c))
    }

    test.each([
      ['all at once', undefined],
      ['some bytes at a time', halves]
    ])('%s: an error or a crash at any operation leaves the old or the new', async (_, takes) => {
      const n = await count(takes)
      expect(n).toBeGreaterThan(10)
      let images = 0
      for (let operation = 0; operation < n; operation++)
        for (const how of faults) {
          const disk = diskOf(image, { at: operation, how }, takes)
          const outcome = await saveOne(disk.folder, c).catch((e: unknown) => {
            if (e instanceof PowerCut) return undefined
            throw e
          })
          expect(outcome === undefined).toBe(how.startsWith('crash'))
          if (outcome !== undefined) {
            expect(disk.openFiles()).toBe(0)
            const there = await foundOn(disk.now())
            expect(there.skipped).toBe(0)
            expect(outcome.saved ? [fresh] : [old, fresh]).toContain(there.digest)
            await again(disk.now())
          }
          for (const left of disk.images()) {
            images++
            const there = await foundOn(left)
            // nothing half-written is even looked at
            expect(there.skipped).toBe(0)
            expect(outcome?.saved === true ? [fresh] : [old, fresh]).toContain(there.digest)
          }
          const last = disk.images().at(-1)
          if (last !== undefined) await again(last)
        }
      expect(images).toBeGreaterThan(n * faults.length)
    })
  })

  test('this would see a file that is not synced before it gets its name, and a name that is not', async () => {
    const nothing = TE.right<FileError, void>(undefined)
    const found = async (lazy: (folder: Folder) => Folder) => {
      const disk = diskOf(imageOf(five))
      expect(await saveOne(lazy(disk.folder), six)).toEqual({ saved: true, done: true })
      const all = await Promise.all(disk.images().map(async left => latest(diskOf(left).folder)))
      return { damaged: all.some(l => l.skipped.length > 0), lost: all.some(l => l.found === undefined) }
    }
    const lazyFile = (folder: Folder): Folder => ({
      ...folder,
      create: name => TE.map((out: Output): Output => ({ ...out, sync: nothing }))(folder.create(name))
    })
    expect(await found(folder => folder)).toEqual({ damaged: false, lost: false })
    expect(await found(lazyFile)).toEqual({ damaged: true, lost: true })
    expect(await found(folder => ({ ...folder, sync: nothing }))).toEqual({ damaged: false, lost: true })
  })
  test('a disk that takes nothing more is an error', async () => {
    const disk = diskOf(imageOf(five), undefined, n => (n > 200 ? n - 200 : 0))
    expect(left(await saveCheckpoint(disk.folder)(six)())).toMatch(/got none; is the disk full\?$/)
    expect(await names(disk.folder)).toEqual([at(5)])
    expect(disk.openFiles()).toBe(0)
  })
  test('nothing comes between the content and the name but the disk', async () => {
    // the order that all this rests on
    const told: string[] = []
    const { folder } = diskOf(new Map())
    const say = <A>(what: string, a: A): A => {
      told.push(what)
      return a
    }
    const watched: Folder = {
      ...folder,
      create: name => async () => {
        const made = await folder.create(name)()
        told.push('create')
        return E.map((out: Output) => ({
          write: (b: Uint8Array) => say('write', out.write(b)),
          sync: () => say('sync', out.sync()),
          close: () => say('close', out.close())
        }))(made)
      },
      rename: (a, b) => say('rename', folder.rename(a, b)),
      sync: () => say('sync folder', folder.sync())
    }
    right(await replaceFile(watched)('a', [Uint8Array.of(1, 2)])())
    expect(told).toEqual(['create', 'write', 'sync', 'close', 'rename', 'sync folder'])
  })
})
