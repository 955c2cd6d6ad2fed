import * as E from 'fp-ts/lib/Either.js'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBounded, readRange, readStream } from '../../src/data/bounded.js'
import { left, right } from '../support/either.js'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gradfold-'))
})
afterAll(() => rm(dir, { recursive: true }))

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)

describe('a bounded file', () => {
  it('is read up to exactly the limit', async () => {
    const path = join(dir, 'a')
    await writeFile(path, bytes)
    expect(right(await readBounded(path, bytes.length)())).toEqual(bytes)
    expect(left(await readBounded(path, bytes.length - 1)())).toContain('expected at most 199999 bytes, got 200000')
    await writeFile(path, '')
    expect(right(await readBounded(path, 0)())).toEqual(new Uint8Array())
  })

  it.runIf(process.platform === 'linux')('that claims to be empty is read and counted', async () => {
    expect(right(await readBounded('/proc/self/status', 0x1_0000)()).length).toBeGreaterThan(100)
    expect(left(await readBounded('/proc/self/status', 100)())).toContain('expected at most 100 bytes, got more')
  })

  it.runIf(process.platform !== 'win32')('is no device, pipe or folder', async () => {
    const pipe = join(dir, 'pipe')
    execFileSync('mkfifo', [pipe])
    const got = await Promise.all(['/dev/zero', '/dev/null', pipe, dir].map(path => readBounded(path, 10)()))
    const ranges = await Promise.all(['/dev/zero', '/dev/null', pipe, dir].map(path => readRange(path, 0, 10)()))
    for (const all of [got, ranges])
      expect(all.map(e => E.isLeft(e) && e.left.got)).toEqual(['a device', 'a device', 'a pipe', 'EISDIR'])
  })
})

describe('a bounded stream', () => {
  const pieces = async function* (sizes: readonly number[], ended: () => void = () => undefined) {
    try {
      for (const size of sizes) yield await Promise.resolve(bytes.subarray(0, size))
    } finally {
      ended()
    }
  }

  it('gives all of its bytes, with empty pieces among them', async () => {
    expect(right(await readStream('s', pieces([3, 0, 2]), 5)())).toEqual(Uint8Array.of(0, 1, 2, 0, 1))
  })

  it('is closed as soon as it gave too much', async () => {
    let ended = 0
    const endless = pieces(new Array<number>(1000).fill(4), () => ended++)
    expect(left(await readStream('s', endless, 9)())).toContain('s: expected at most 9 bytes, got more')
    expect(ended).toBe(1)
  })

  it('that fails is Left', async () => {
    const failing = (async function* () {
      yield await Promise.resolve(bytes)
      throw new Error('no more')
    })()
    expect(left(await readStream('s', failing, 1e6)())).toContain('expected bytes, got no more')
  })
})
