/** Metrics in the units of the data, where targets were scaled for the training. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { tableSchema } from '../../../src/data/table/rows.js'
import { fromRecords } from '../../../src/data/table/table.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { evaluatePipeline, type NumberScores } from '../../../src/run/pipeline/evaluate.js'
import { targetUnit } from '../../../src/run/pipeline/units.js'
import { trainPipeline } from '../../../src/run/pipeline/train.js'
import type { TrainEvent } from '../../../src/train/events.js'
import { mae, r2, rmse } from '../../../src/train/metric/regression.js'
import { meanSquaredError } from '../../../src/train/loss/squared.js'
import { adam } from '../../../src/train/optimizer/adam.js'
import { epochs } from '../../../src/train/stop/rules.js'
import { right } from '../../support/either.js'
import { gradfold } from '../../cli/helpers.js'

const rows = Array.from({ length: 60 }, (_, i) => ({
  area: 40 + ((i * 37) % 80),
  price: 3000 * (40 + ((i * 37) % 80)) + 9000 * (i % 5),
  rooms: (i % 4) + 1
}))
const columns = { area: 'number', price: { type: 'number', scaling: 'standardise' } } as const
const settings = {
  loss: meanSquaredError,
  optimizer: adam(0.05),
  stop: epochs(6),
  metrics: [rmse, mae, r2],
  batchSize: 10
} as const

describe('the history of a pipeline', () => {
  const schema = tableSchema({ columns: { ...columns, rooms: 'ignore' }, target: 'price', scaling: 'standardise' })
  const events: TrainEvent[] = []
  const { pipeline, trained, history, validation } = right(
    pipe(
      fromRecords(rows, schema),
      E.chainW(
        trainPipeline(
          { ...settings, model: ({ width }) => model(input(width), dense(1)) },
          { backend: wasm, validation: 0.2, keepBest: false, observe: e => void events.push(e) }
        )
      )
    )
  )
  test('has the scores that the pipeline itself has over the same rows, in euros', () => {
    const scores = validation === undefined ? undefined : right(evaluatePipeline(pipeline)(validation)).targets['price']
    const last = history.at(-1)?.validation?.metrics
    const { rmse, mae, r2 } = scores as NumberScores
    expect(rmse).toBeGreaterThan(1000)
    expect((last?.rmse ?? NaN) / rmse).toBeCloseTo(1, 5)
    expect((last?.mae ?? NaN) / mae).toBeCloseTo(1, 5)
    expect(last?.r2).toBeCloseTo(r2, 5)
  })
  test('keeps the losses, and what has no unit', () => {
    expect(history.map(h => [h.loss, h.metrics.r2])).toEqual(trained.history.map(h => [h.loss, h.metrics.r2]))
    expect(trained.history[0]?.metrics.rmse).toBeLessThan(10)
    expectTypeOf(history[0]?.metrics.rmse).toEqualTypeOf<number | undefined>()
    expectTypeOf(trained.best).toEqualTypeOf<undefined | NonNullable<typeof trained.best>>()
  })
  test('is what observers see', () =>
    expect(events.flatMap(e => (e.tag === 'epoch' ? [e.metrics] : []))).toEqual(history.map(h => h.metrics)))
})

describe('the unit of targets', () => {
  const unitOf = (schema: Parameters<typeof tableSchema>[0]): number | undefined => {
    const done = right(
      pipe(
        fromRecords(rows, tableSchema(schema)),
        E.chainW(
          trainPipeline(
            { ...settings, stop: epochs(1), model: ({ width }) => model(input(width), dense(2)) },
            { backend: wasm }
          )
        )
      )
    )
    return targetUnit(done.pipeline)
  }
  test('is that of all targets, or none where they differ', () => {
    const both = { price: 'number', rooms: 'number', area: 'number' } as const
    expect(unitOf({ columns: both, target: ['price', 'rooms'] })).toBe(1)
    expect(
      unitOf({ columns: { ...both, rooms: { type: 'number', scaling: 'unit' } }, target: ['price', 'rooms'] })
    ).toBeUndefined()
  })
  test('counts the scale of a column, that of a whole dataset, and none that is 0', () => {
    const targets = { of: 'targets', kind: 'unit', per: 'whole', shift: [0] } as const
    expect(targetUnit({ scalings: { targets: { ...targets, scale: [0.25] } } })).toBe(4)
    expect(targetUnit({ scalings: { targets: { ...targets, scale: [-0.25, 0.25], shift: [0, 0] } } })).toBeUndefined()
    expect(targetUnit({ scalings: { targets: { ...targets, scale: [0] } } })).toBeUndefined()
    expect(targetUnit({})).toBe(1)
  })
})

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradfold-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const at = (name: string): string => join(folder, name)
  writeFileSync(at('h.csv'), `area,price\n${rows.map(r => `${r.area},${r.price}\n`).join('')}`)
  writeFileSync(
    at('run.json'),
    JSON.stringify({
      data: {
        tag: 'csv',
        train: at('h.csv'),
        schema: { columns: { area: 'number', price: 'number' }, target: 'price' }
      },
      normalise: 'standardise',
      normaliseTargets: 'standardise',
      model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
      loss: 'meanSquaredError',
      optimizer: { tag: 'adam', rate: 0.05 },
      stop: { tag: 'epochs', count: 3 },
      metrics: ['rmse']
    })
  )
  const last = (out: string) =>
    JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as { train: { loss: number; metrics: { rmse: number } } }
  test('train reports euros: unrecorded, recorded, and of a run that had ended before', async () => {
    const plain = await gradfold(['train', at('run.json'), '--json', '--out', at('h.gradfold')])
    const { loss, metrics } = last(plain.out).train
    expect(metrics.rmse).toBeGreaterThan(1000)
    expect(loss).toBeLessThan(10)
    const evaluated = JSON.parse((await gradfold(['evaluate', at('h.gradfold'), at('h.csv'), '--json'])).out) as {
      targets: { price: { rmse: number } }
    }
    expect(metrics.rmse / evaluated.targets.price.rmse).toBeCloseTo(1, 5)
    const recorded = await gradfold(['train', at('run.json'), '--json', '--record', at('r')])
    expect(recorded.out).toBe(plain.out)
    const again = await gradfold(['train', at('run.json'), '--json', '--record', at('r')])
    expect(last(again.out)).toEqual(last(plain.out))
    expect((await gradfold(['verify', at('r')])).code).toBe(0)
  })
})
