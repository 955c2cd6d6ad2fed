import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeNpy } from '../../src/data/npy.js'
import { arrays, type ArraysSource } from '../../src/data/reader/arrays.js'
import { gzipSync, zipSync } from 'fflate'
import { arff } from '../../src/data/reader/arff.js'
import { libsvm } from '../../src/data/reader/libsvm.js'
import { npz } from '../../src/data/reader/npz.js'
import { csv } from '../../src/data/reader/csv.js'
import { idx } from '../../src/data/reader/idx.js'
import { iris } from '../../src/data/reader/iris.js'
import { mnist } from '../../src/data/reader/mnist.js'
import { npy } from '../../src/data/reader/npy.js'
import type { Reader, Source } from '../../src/data/reader/reader.js'
import { loadSource, readers, sourceCodec } from '../../src/data/readers.js'
import { decode, parseJson } from '../../src/value/codec.js'
import { family } from '../../src/registry/definition.js'
import { tensor } from '../../src/value/tensor.js'
import { fromArrays } from '../../src/data/arrays.js'
import { exampleCount } from '../../src/data/dataset.js'
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

describe.each(Object.values(readers))('reader $tag', reader => {
  it('stands in the table under its tag, with samples', () => {
    expect(readers[reader.tag]).toBe(reader)
    expect(reader.samples.length).toBeGreaterThan(0)
  })
  it('its sources are JSON and come back the same', () => {
    for (const s of reader.samples) {
      expect(s.tag).toBe(reader.tag)
      expect(right(parseJson(sourceCodec)(JSON.stringify(sourceCodec.encode(s as Source))))).toEqual(s)
    }
  })
  it('refuses fields that it has not', () => {
    for (const s of reader.samples) {
      expect(left(decode(sourceCodec)({ ...s, more: 1 }))).toContain('$/more')
      expect(
        left(decode(sourceCodec)(Object.assign(Object.create({ tag: reader.tag }) as object, { more: 1 })))
      ).toContain('tag')
    }
  })
})

describe('sources', () => {
  it('are refused by JSON with the place of the fault', () => {
    const bad: readonly (readonly [unknown, string])[] = [
      [{ tag: 'none' }, 'whose tag is one of mnist, iris'],
      [{ tag: 'toString' }, 'whose tag is one of'],
      [{ tag: 'mnist', train: 0 }, '$/train: expected a positive whole number, got 0'],
      [{ tag: 'idx', train: { x: 'a' } }, '$/train/y: expected a path'],
      [{ tag: 'npy', train: { x: 'a', y: 'b' }, scale: NaN }, '$/scale: expected a finite number'],
      [
        { tag: 'csv', train: 'a', schema: { columns: { a: 'text' }, target: 'a' } },
        '$/schema/columns/a: expected one of number, category, boolean, date, id, ignore'
      ],
      [
        { tag: 'csv', train: 'a', schema: { columns: { a: { categories: 7 } }, target: 'a' } },
        '$/schema/columns/a/categories'
      ],
      [{ tag: 'csv', train: 'a', schema: { columns: [], target: 'a' } }, '$/schema/columns'],
      [{ tag: 'csv', train: 'a', schema: { columns: null, target: 'a' } }, '$/schema/columns'],
      [{ tag: 'csv', train: 'a', schema: { columns: {}, target: 'a', delimiter: 'ab' } }, '$/schema/delimiter'],
      [{ tag: 'arrays', train: { x: [[1, 'a']], y: [1] } }, '$/train/x: expected nested arrays of finite numbers'],
      [{ tag: 'arrays', train: { x: [[[[[[[[[1]]]]]]]]], y: [1] } }, '$/train/x']
    ]
    for (const [source, words] of bad) expect(left(decode(sourceCodec)(source))).toContain(words)
  })

  it('load: arrays', async () => {
    const xor = {
      x: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1]
      ],
      y: [[0], [1], [1], [0]]
    }
    const { train, test } = right(await loadSource(arrays({ train: xor, test: { x: [[1, 1]], y: [[0]] } }))())
    expect([exampleCount(train), test && exampleCount(test)]).toEqual([4, 1])
    expect(right(await loadSource(arrays({ train: xor }))())).not.toHaveProperty('test')
    expect(left(await loadSource(arrays({ train: { x: [[1], [2, 3]], y: [[0], [1]] } }))())).toContain('train/x/row 1')
    expect(left(await loadSource(arrays({ train: xor, test: { x: [[1]], y: [] } }))())).toContain('test/y: expected')
  })

  it('load: idx, npy, csv', async () => {
    const x = await file('x.idx', idxBytes([2, 2], [0, 128, 255, 1]))
    const y = await file('y.idx', idxBytes([2], [1, 0]))
    const fromIdx = right(await loadSource(idx({ train: { x, y }, test: { x, y }, classes: 2, scale: 2, shift: -1 }))())
    expect([fromIdx.train.x.scale, fromIdx.train.x.shift, fromIdx.test?.y.tensor.dtype]).toEqual([2, -1, 'u32'])
    expect(left(await loadSource(idx({ train: { x, y }, test: { x: y, y }, classes: 2 }))())).toContain(
      'test/x: expected inputs'
    )
    const nx = await file('x.npy', encodeNpy(right(tensor('f32', [2, 1], [0.5, 1.5]))))
    const ny = await file('y.npy', encodeNpy(right(tensor('u32', [2], [1, 0]))))
    expect([...right(await loadSource(npy({ train: { x: nx, y: ny }, classes: 2 }))()).train.x.tensor.data]).toEqual([
      0.5, 1.5
    ])
    expect([
      ...right(await loadSource(npy({ train: { x: nx, y: ny }, scale: 2, classes: 2 }))()).train.x.tensor.data
    ]).toEqual([1, 3])
    const table = await file('t.csv', 'w,k\n1,a\n2,b\n')
    const schema = { columns: { w: 'number', k: { categories: ['a', 'b'] } }, target: 'k' } as const
    expect([...right(await loadSource(csv({ train: table, schema }))()).train.y.tensor.data]).toEqual([0, 1])
    expect(left(await loadSource(csv({ train: table, test: `${table}.none`, schema }))())).toContain('test/')
  })

  it('load: npz, libsvm, arff', async () => {
    const both = {
      'a.npy': encodeNpy(right(tensor('f32', [2, 1], [0.5, 1.5]))),
      'y.npy': encodeNpy(right(tensor('u32', [2], [1, 0])))
    }
    const archive = await file('d.npz', zipSync(both))
    const named = npz({
      train: { file: archive, x: 'a' },
      test: { file: archive, x: 'a', y: 'y' },
      classes: 2,
      scale: 2
    })
    expect([...right(await loadSource(named)()).train.x.tensor.data]).toEqual([1, 3])
    expect(left(await loadSource(npz({ train: { file: archive } }))())).toContain('one of the arrays a, y, got "x"')
    const sparse = await file('s.txt', gzipSync(new TextEncoder().encode('+1 2:3\n-1 1:1\n')))
    const svm = right(await loadSource(libsvm({ train: sparse, test: sparse, features: 2, classes: [-1, 1] }))())
    expect([[...svm.train.x.tensor.data], [...(svm.test?.y.tensor.data ?? [])]]).toEqual([
      [0, 3, 1, 0],
      [1, 0]
    ])
    const weka = await file('w.arff', '@relation r\n@attribute w real\n@attribute k {a,b}\n@data\n1,a\n2,b\n')
    const table = right(await loadSource(arff({ train: weka, test: weka, target: 'k' }))())
    expect([exampleCount(table.train), table.named?.tag]).toEqual([2, 'tables'])
    const other = await file('o.arff', '@relation r\n@attribute w real\n@attribute k {b,a}\n@data\n1,a\n')
    expect(left(await loadSource(arff({ train: weka, test: other, target: 'k' }))())).toContain(
      'test: expected the attributes of'
    )
  })

  it('load: mnist and iris', async () => {
    expect(exampleCount(right(await loadSource(mnist({ train: 5, test: 5 }))()).train)).toBe(5)
    expect(exampleCount(right(await loadSource(iris())()).train)).toBe(150)
  })

  it('are checked before they are loaded', async () => {
    expect(left(await loadSource({ tag: 'none' })())).toContain('one of mnist')
    expect(left(await loadSource(mnist({ train: 0.5 }))())).toContain('train: expected a positive whole number')
    expect(left(await loadSource({ tag: 'mnist', ...{ more: 1 } })())).toContain('more')
  })

  it('take readers of your own', async () => {
    const own: Reader<{ readonly tag: 'own' }> = {
      tag: 'own',
      fields: () => ({}),
      load: () =>
        pipe(
          TE.fromEither(fromArrays([[1]], [[1]])),
          TE.map(train => ({ train }))
        ),
      samples: [{ tag: 'own' }]
    }
    expect(exampleCount(right(await loadSource({ tag: 'own' }, { readers: family<Reader>(own) })()).train)).toBe(1)
  })
})

it('a source is plain data', () => {
  const source: ArraysSource = arrays({ train: { x: [[1]], y: [[1]] } })
  expect(JSON.parse(JSON.stringify(source))).toEqual(source)
})
