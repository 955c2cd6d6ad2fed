import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { encodeTable } from '../../../src/data/table/encode.js'
import { tableSchema } from '../../../src/data/table/rows.js'
import { fromRecords } from '../../../src/data/table/table.js'
import { decodeSafetensors, encodeSafetensors } from '../../../src/format/safetensors.js'
import { relu } from '../../../src/layer/activation.js'
import { batchNorm } from '../../../src/layer/batch-norm.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { decodePipeline, encodePipeline } from '../../../src/run/pipeline/codec.js'
import { loadPipeline, savePipeline } from '../../../src/run/pipeline/file.js'
import { predictRows } from '../../../src/run/pipeline/predict.js'
import { trainPipeline } from '../../../src/run/pipeline/train.js'
import { pipelineOf } from '../../../src/run/pipeline/value.js'
import { predictionsJson } from '../../../src/run/pipeline/text.js'
import { adam } from '../../../src/train/optimizer/adam.js'
import { epochs } from '../../../src/train/stop/rules.js'
import { sigmoidCrossEntropy, softmaxCrossEntropy } from '../../../src/train/loss/cross-entropy.js'
import { meanSquaredError } from '../../../src/train/loss/squared.js'
import { left, right } from '../../support/either.js'

const schema = tableSchema({
  columns: {
    id: 'id',
    area: { type: 'number', missing: 'median', indicator: true, scaling: 'standardise' },
    town: { type: 'category', categories: ['Bonn', 'Ulm'] },
    price: { type: 'number', scaling: 'standardise' }
  },
  target: 'price'
})
const towns = ['Bonn', 'Ulm'] as const
const price = (area: number, i: number): number => 1000 * area + (i % 2) * 50_000
const rows = Array.from({ length: 60 }, (_, i) => ({
  area: i % 9 === 0 ? null : 40 + i,
  town: towns[i % 2] as 'Bonn' | 'Ulm',
  price: price(40 + i, i)
}))
const houses = () =>
  right(
    pipe(
      fromRecords(rows, schema),
      E.chainW(
        trainPipeline(
          {
            model: ({ width }) => model(input(width), dense(8), batchNorm(), relu, dense(1)),
            loss: meanSquaredError,
            optimizer: adam(0.03),
            stop: epochs(60),
            batchSize: 12,
            seed: 1
          },
          { backend: wasm, validation: 0.2 }
        )
      )
    )
  )
const { pipeline, trained, validation } = houses()

describe('a pipeline', () => {
  test('is trained with rows held back, from which nothing is fitted', () => {
    expect(validation?.rows).toBe(12)
    expect(trained.best).toBeDefined()
    expect(pipeline.params).toEqual(trained.best?.state.params)
    const seen = rows.map(r => r.area).filter(a => a !== null)
    expect(seen).toContain(pipeline.fitted.columns['area']?.fill)
  })
  test('predicts in the units of the data, with ids', () => {
    const [first, second] = right(predictRows(pipeline)([{ id: 7, area: 70, town: 'Bonn' }, { town: 'Ulm' }]))
    const bonn = right(first as NonNullable<typeof first>)
    expect(Math.abs(bonn.values.price - 70_000)).toBeLessThan(10_000)
    expect([bonn.ids, bonn.probabilities]).toEqual([{ id: '7' }, {}])
    expect(right(second as NonNullable<typeof second>).values.price).toBeGreaterThan(50_000)
    expectTypeOf(bonn.values).toEqualTypeOf<{ readonly price: number }>()
    // @ts-expect-error a town that the schema does not name
    predictRows(pipeline)([{ area: 1, town: 'Köln' }])
    // @ts-expect-error no town
    predictRows(pipeline)([{ area: 1 }])
  })
  test('refuses a row by itself: row, column and what to do', () => {
    const all = right(
      predictRows(pipeline)([
        { area: 70, town: 'Bonn' },
        { area: 70, town: 'Köln' as never },
        { area: '70' as never, town: 'Ulm' },
        { area: 70 } as never
      ])
    )
    expect(all.map(E.isRight)).toEqual([true, false, false, false])
    expect(all.slice(1).map(r => left(r))).toEqual([
      'row 1/town: expected one of Bonn, Ulm, got "Köln"; is it misspelt? unknown: \'other\' in the schema gives unknown words a category',
      'row 2/area: expected a number, got "70"; text is read by decodeTable',
      'row 3/town: expected a value, got a missing value; say what fills gaps with the setting missing of this column, or leave such rows out'
    ])
  })
  test('predicts the same bits with each backend, alone or among many rows', () => {
    const many = Array.from({ length: 1030 }, (_, i) => ({ area: 40 + (i % 50), town: towns[i % 2] as 'Bonn' | 'Ulm' }))
    const all = right(predictRows(pipeline)(many))
    expect(right(predictRows(pipeline, { backend: reference })(many.slice(0, 40)))).toEqual(all.slice(0, 40))
    expect(right(predictRows(pipeline)(many.slice(1025, 1026)))).toEqual(all.slice(1025, 1026))
  })
  test('is Left for no rows, and refuses a model that is not for its table', () => {
    expect(left(predictRows(pipeline)([]))).toContain('at least one row')
    const other = { ...pipeline, model: model(input(3), dense(1)) }
    expect(left(pipelineOf(other))).toContain('model/input: expected [4], the numbers of a row, got [3]')
    expect(left(pipelineOf({ ...pipeline, model: model(input(4), dense(2)) }))).toContain('model/output: expected [1]')
  })
})

describe('a pipeline of classes', () => {
  const flowers = tableSchema({
    columns: { a: 'number', b: 'date', kind: { categories: ['x', 'y', 'z'] } },
    target: 'kind',
    scaling: 'standardise'
  })
  const data = Array.from({ length: 45 }, (_, i) => ({
    a: (i % 3) * 4 + i / 45,
    b: `2024-01-${String((i % 28) + 1).padStart(2, '0')}`,
    kind: (['x', 'y', 'z'] as const)[i % 3] as 'x' | 'y' | 'z'
  }))
  test('names the classes and their probabilities', () => {
    const { pipeline } = right(
      pipe(
        fromRecords(data, flowers),
        E.chainW(
          trainPipeline(
            {
              model: ({ width }) => model(input(width), dense(8), relu, dense(3)),
              loss: softmaxCrossEntropy,
              optimizer: adam(0.05),
              stop: epochs(60)
            },
            { backend: wasm, validation: { fraction: 0.2, stratified: true } }
          )
        )
      )
    )
    const [row] = right(predictRows(pipeline)([{ a: 8.5, b: '2024-01-09' }])).map(r => right(r))
    expect(row?.values).toEqual({ kind: 'z' })
    expect(Object.keys(row?.probabilities.kind ?? {})).toEqual(['x', 'y', 'z'])
    expect(row?.probabilities.kind.z).toBeGreaterThan(0.8)
  })
  test('of yes and no decides at its threshold', () => {
    const yes = tableSchema({ columns: { a: 'number', y: 'boolean', n: 'number' }, target: ['y', 'n'] })
    const table = right(
      fromRecords(
        [
          { a: 1, y: true, n: 1 },
          { a: 2, y: false, n: 0 }
        ],
        yes
      )
    )
    const { pipeline } = right(
      trainPipeline(
        {
          model: ({ width }) => model(input(width), dense(2)),
          loss: sigmoidCrossEntropy,
          optimizer: adam(0.01),
          stop: epochs(1),
          batchSize: 2
        },
        { backend: wasm }
      )(table)
    )
    const of = (threshold: number) => {
      const [row] = right(predictRows(right(pipelineOf({ ...pipeline, threshold })))([{ a: 1 }]))
      return right(row as NonNullable<typeof row>)
    }
    expect([of(0).values.y, of(1).values.y]).toEqual([true, false])
    const { true: p, false: q } = of(0.5).probabilities.y
    expect(p + q).toBe(1)
    expect(left(pipelineOf({ ...pipeline, threshold: 2 }))).toContain('a number from 0 to 1')
  })
})

describe('a pipeline in a file', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gradfold-'))
  })
  afterAll(() => rm(dir, { recursive: true }))
  const bytes = right(encodePipeline(pipeline))
  test('comes back to the bit, and predicts the same', async () => {
    expect(right(decodePipeline()(bytes))).toEqual(pipeline)
    expect(right(encodePipeline(right(decodePipeline()(bytes))))).toEqual(bytes)
    const path = join(dir, 'houses.gradfold')
    right(await savePipeline(path)(pipeline)())
    const loaded = right(await loadPipeline(path, { schema })())
    expect(right(predictRows(loaded)([{ area: 60, town: 'Ulm' }]))).toEqual(
      right(predictRows(pipeline)([{ area: 60, town: 'Ulm' }]))
    )
    expect(left(await loadPipeline(path, { schema: { ...schema, delimiter: ';' } })())).toContain(
      'the schema of the program'
    )
    expect(left(await loadPipeline(join(dir, 'none'))())).toContain('ENOENT')
  })
  const changed = (f: (json: Record<string, unknown>) => object, tensors?: (t: object) => object) => {
    const file = right(decodeSafetensors(bytes))
    const json = JSON.parse(file.metadata['pipeline'] as string) as Record<string, unknown>
    return decodePipeline()(
      right(
        encodeSafetensors((tensors?.(file.tensors) ?? file.tensors) as never, { pipeline: JSON.stringify(f(json)) })
      )
    )
  }
  test('is refused where its parts do not suit each other', () => {
    expect(left(decodePipeline()(bytes.subarray(0, 100)))).toContain('safetensors')
    expect(left(decodePipeline()(right(encodeSafetensors({}))))).toContain('is it of gradfold?')
    expect(left(changed(j => ({ ...j, more: 1 })))).toContain('no field of this name in pipeline')
    expect(left(changed(j => ({ ...j, format: 9 })))).toContain('the only format')
    expect(left(changed(j => ({ ...j, loss: { tag: 'none' } })))).toContain('loss')
    expect(left(changed(j => ({ ...j, loss: { tag: 'crossEntropy' } })))).toContain('probabilities')
    expect(left(changed(j => ({ ...j, threshold: -1 })))).toContain('threshold')
    const fitted = (f: (columns: Record<string, object>) => object) =>
      left(
        changed(j => {
          const { columns, ...rest } = j['fitted'] as { columns: Record<string, object> }
          return { ...j, fitted: { ...rest, columns: f(columns) } }
        })
      )
    expect(fitted(({ area: _, ...c }) => c)).toContain('the inputs and targets of the schema')
    expect(fitted(c => ({ ...c, price: { scale: [0], shift: [0] } }))).toContain('a scale other than 0')
    expect(fitted(c => ({ ...c, town: { categories: ['Bonn'] } }))).toContain('the categories of the schema')
    expect(fitted(c => ({ ...c, area: { fill: 'x' } }))).toContain('a value for gaps')
    expect(
      left(
        changed(
          j => j,
          t => ({ ...t, 'params/more': Object.values(t)[0] as object })
        )
      )
    ).toContain('params/more')
    expect(
      left(
        changed(
          j => j,
          () => ({})
        )
      )
    ).toContain('no tensor of this name')
  })
  test('is Left, never thrown, wherever a byte is changed', () => {
    const step = Math.max(1, Math.floor(bytes.length / 300))
    for (let i = 0; i < bytes.length; i += step) {
      const broken = bytes.slice()
      broken[i] = (broken[i] as number) ^ 0x41
      const read = decodePipeline()(broken)
      if (E.isRight(read)) expect(E.isRight(encodePipeline(read.right))).toBe(true)
    }
  })
})

test('encodeTable and predictRows see the same numbers', () => {
  const table = right(fromRecords(rows, schema))
  const { x } = right(encodeTable(pipeline.fitted)(table))
  expect(x.tensor.shape).toEqual([60, 4])
})
test('predictions as JSON tell what is no number from what is missing, and keep -0', () => {
  const values = { a: NaN, b: -Infinity, c: 0.5, d: -0 }
  expect(predictionsJson([E.right({ values, probabilities: {}, ids: {} })], () => ({}))).toBe(
    '{"row":0,"values":{"a":"NaN","b":"-Infinity","c":0.5,"d":"-0"},"probabilities":{}}\n'
  )
})
