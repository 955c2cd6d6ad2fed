/** The door to real folders: what the disk in memory promises, a real one does too. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { latestCheckpoint, saveCheckpoint } from '../../src/run/checkpoints.js'
import { folderAt, isFileName, placeOf, type Folder } from '../../src/run/folder.js'
import { readWhole, removeLeftovers, replaceFile } from '../../src/run/replace.js'
import { checkpointAfter, small } from './small.js'
import { left, right } from '../support/either.js'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gradfold-folder-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})
const bytes = (...of: readonly number[]): Uint8Array => Uint8Array.of(...of)
const here = (): Folder => folderAt(root)

describe('a folder', () => {
  test('is made with those above it, and may be there already', async () => {
    const folder = folderAt(join(root, 'a/b/c'))
    expect(right(await folder.names())).toEqual([])
    for (let i = 0; i < 2; i++) right(await folder.make())
    expect(existsSync(join(root, 'a/b/c'))).toBe(true)
  })
  test('replaces files, and leaves nothing else', async () => {
    right(await replaceFile(here())('x', [bytes(1, 2), bytes(), bytes(3)])())
    right(await replaceFile(here())('x', [bytes(4)])())
    right(await replaceFile(here())('x', [bytes(5, 6)])())
    expect(readdirSync(root)).toEqual(['x'])
    expect([...readFileSync(join(root, 'x'))]).toEqual([5, 6])
  })
  test('loses what interrupted saves left, of the names that are asked for alone', async () => {
    const id = '0b0f1f0c-7f5b-4f6e-9c3c-2f3a4b5c6d7e'
    const others = ['x', 'notes.part', `z.${id}.part`, '.part', `x.${id}`]
    for (const name of [...others, 'x.part', `x.${id}.part`]) writeFileSync(join(root, name), 'left behind')
    right(await removeLeftovers(here(), name => name === 'x')())
    expect(readdirSync(root).sort()).toEqual([...others].sort())
  })
  test('takes 1,000 saves of one file at once: all succeed, and readers see one of them, whole', async () => {
    const size = 300
    right(await replaceFile(here())('x', [new Uint8Array(size)])())
    let saving = true
    let torn = 0
    const reading = (async () => {
      while (saving) {
        const got = right(await readWhole(here(), 'x', 1e6)())
        if (got.length !== size || got.some(b => b !== got[0])) torn++
      }
    })()
    const saves = Array.from({ length: 1000 }, (_, i) =>
      replaceFile(here())('x', [new Uint8Array(size / 2).fill(i), new Uint8Array(size / 2).fill(i)])()
    )
    expect((await Promise.all(saves)).filter(E.isLeft)).toEqual([])
    saving = false
    await reading
    expect(torn).toBe(0)
    expect(readdirSync(root)).toEqual(['x'])
  })
  test('with an empty path is refused before anything is done, and so is what is in it', async () => {
    for (const nowhere of [folderAt(''), folderAt('').within('a')]) {
      expect(left(await nowhere.make())).toBe('expected the path of a folder, got ""')
      expect(left(await replaceFile(nowhere)('x', [bytes(1)])())).toBe('expected the path of a folder, got ""')
    }
    for (const path of ['', 'a/', '.', 'a/..'])
      expect(left(await placeOf(path)())).toContain('expected the path of a file')
  })
  test('reads parts, and no further than the end', async () => {
    writeFileSync(join(root, 'x'), bytes(1, 2, 3, 4))
    expect(right(await here().size('x')())).toBe(4)
    expect([...right(await here().read('x', 1, 2)())]).toEqual([2, 3])
    expect([...right(await here().read('x', 3, 9)())]).toEqual([4])
    expect([...right(await here().read('x', 9, 1)())]).toEqual([])
    expect([...right(await here().read('x', 0, 0)())]).toEqual([])
  })
  test('does not take over a name that is there', async () => {
    writeFileSync(join(root, 'x'), 'mine')
    expect(left(await here().create('x')())).toBe(`${root}/x: expected a file that can be made, got EEXIST`)
  })
  test('removes what is there, and is content where nothing is', async () => {
    writeFileSync(join(root, 'x'), '')
    for (let i = 0; i < 2; i++) right(await here().remove('x')())
    expect(readdirSync(root)).toEqual([])
  })
  test('says what is not there', async () => {
    const [size, read, rename, sync] = [
      here().size('x'),
      here().read('x', 0, 1),
      here().rename('x', 'y'),
      folderAt(join(root, 'no')).sync
    ]
    for (const task of [size, read])
      expect(left(await task())).toBe(`${root}/x: expected a file that can be read, got ENOENT`)
    expect(left(await rename())).toBe(`${root}/x: expected a file that can be written, got ENOENT`)
    expect(left(await sync())).toBe(`${root}/no: expected a folder that can be written, got ENOENT`)
  })
  test('that is a file is refused', async () => {
    writeFileSync(join(root, 'x'), '')
    const folder = folderAt(join(root, 'x'))
    expect(left(await folder.names())).toBe(`${root}/x: expected a folder that can be read, got ENOTDIR`)
    expect(left(await folder.make())).toMatch(/expected a folder that can be made, got (EEXIST|ENOTDIR)$/)
  })
  test('does not wait for a pipe, nor read a folder', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    mkdirSync(join(root, 'inner'))
    for (const name of ['pipe', 'inner'])
      expect(left(await readWhole(here(), name, 10)())).toBe(
        `${root}/${name}: expected a file, got something else; folders, pipes and devices are not read`
      )
  })
  test('reads no more than it may', async () => {
    writeFileSync(join(root, 'x'), bytes(1, 2, 3))
    expect(left(await readWhole(here(), 'x', 2)())).toBe(
      `${root}/x: expected at most 2 bytes, got 3; raise limits.bytes`
    )
  })
})

describe('names are not paths', () => {
  const bad = ['', '.', '..', '../x', 'a/b', '/x', 'a\\b', 'C:x', 'a\0b', 'a\nb']
  test.each(bad)('%j', async name => {
    expect(isFileName(name)).toBe(false)
    writeFileSync(join(root, 'x'), 'kept')
    const inner = folderAt(join(root, 'inner'))
    right(await inner.make())
    const folder = inner
    for (const task of [
      folder.size(name),
      folder.read(name, 0, 1),
      folder.create(name),
      folder.remove(name),
      folder.rename(name, 'y'),
      folder.rename('x', name),
      replaceFile(folder)(name, [])
    ])
      expect(left(await task())).toMatch(/expected the name of a file in the folder, got .*; names are not paths$/)
    expect(readFileSync(join(root, 'x'), 'utf8')).toBe('kept')
  })
  test.each(['x', '.x', '...', 'a b', 'ä'])('but %j is a name', name => expect(isFileName(name)).toBe(true))
})

describe('checkpoints in a real folder', () => {
  test('are saved and found', async () => {
    const folder = folderAt(join(root, 'runs/one/checkpoints'))
    const all = [3, 4].map(step => checkpointAfter(step))
    for (const c of all) right(await saveCheckpoint(folder)(c)())
    expect(right(await latestCheckpoint(folder, small)())).toMatchObject({
      found: { step: 4, checkpoint: all[1] },
      skipped: []
    })
  })
  test('are replaced, not written through a link', async () => {
    const name = right(await saveCheckpoint(here())(checkpointAfter(3))())
    rmSync(join(root, name))
    writeFileSync(join(root, 'other'), 'kept')
    symlinkSync(join(root, 'other'), join(root, name))
    right(await saveCheckpoint(here())(checkpointAfter(3))())
    expect(readFileSync(join(root, 'other'), 'utf8')).toBe('kept')
    expect(readdirSync(root).sort()).toEqual(['other', name])
  })
})
