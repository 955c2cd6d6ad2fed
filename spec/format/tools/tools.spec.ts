/** Runs and studies as files of TensorBoard, Optuna, CSV and Parquet, and what the programs they are for read in them. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { encodeCsv, encodeEvents, encodeParquet, runEvents, runTables, trialTable } from '../../../src/formats.js'
import { optunaJournal, trialEvents, type Column, type ColumnTable, type EventLog } from '../../../src/formats.js'
import { keptStates } from '../../../src/run/record/states.js'
import { numbersOf, type Tensor } from '../../../src/value/tensor.js'
import { treeLeaves } from '../../../src/value/tree.js'
import { left, right } from '../../support/either.js'
import { doublesIn, fieldsOf, inner, recordsOf, textIn, valuesOf } from './reader.js'
import { csvFiles, files, recorded, result } from './values.js'
import '../../support/seed.js'

const { WRITE } = process.env
interface ReadBack {
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly read: unknown }>>
}
const readBack = (): ReadBack =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'read-back.json'), 'utf8')) as ReadBack
const made = files()

if (WRITE !== undefined)
  for (const [name, bytes] of Object.entries(await made)) {
    mkdirSync(dirname(join(WRITE, name)), { recursive: true })
    writeFileSync(join(WRITE, name), bytes)
  }

const f32 = (x: number): number | string => {
  const rounded = Math.fround(x)
  return Number.isFinite(rounded) ? rounded : String(rounded)
}
/** what python prints of a number that JSON does not have */
const said = (x: unknown): unknown =>
  typeof x === 'number' && !Number.isFinite(x) ? String(x).replace('Infinity', 'inf').replace('NaN', 'nan') : x

describe.skipIf(WRITE !== undefined)('the programs that the files are for', () => {
  test('read these very bytes', async () => {
    const digests = Object.entries(await made).map(([name, bytes]) => [
      name,
      createHash('sha256').update(bytes).digest('hex')
    ])
    expect(Object.fromEntries(digests)).toEqual(
      Object.fromEntries(Object.entries(readBack().files).map(([name, f]) => [name, f.sha256]))
    )
  })
  interface Plugins {
    readonly scalars: Readonly<Record<string, readonly (readonly [number, number | string])[]>>
    readonly histograms: Readonly<Record<string, readonly (readonly [number, readonly (readonly number[])[]])[]>>
    readonly hparams: Readonly<Record<string, unknown>>
    readonly graph?: readonly (readonly [string, string, readonly string[]])[]
  }
  const tensorBoard = (name: string): Plugins =>
    readBack().files[`${name}/events.out.tfevents.0.gradfold`]?.read as Plugins

  test('of which TensorBoard reads each curve of a run, rounded to f32', async () => {
    const log = right(runEvents(await recorded()))
    expect(log.scalars.length).toBeGreaterThan(3)
    expect(tensorBoard('run').scalars).toEqual(
      Object.fromEntries(log.scalars.map(({ tag, points }) => [tag, points.map(([step, x]) => [step, f32(x)])]))
    )
  })
  test('of which TensorBoard reads a histogram of each parameter, with all its numbers', async () => {
    const [state] = right(await keptStates(await recorded())())
    const leaves = treeLeaves<Tensor>(state?.params as never)
    expect(leaves.length).toBeGreaterThan(2)
    const { histograms } = tensorBoard('run')
    expect(Object.keys(histograms).sort()).toEqual(leaves.map(([name]) => name).sort())
    for (const [name, t] of leaves) {
      const [[step, buckets] = [0, []]] = histograms[name] ?? []
      expect(step).toBe(state?.progress.step)
      const numbers = Array.from(numbersOf(t))
      expect(buckets.reduce((n, [, , count = 0]) => n + count, 0)).toBe(numbers.length)
      expect(buckets[0]?.[0]).toBe(Math.min(...numbers))
      expect(buckets.at(-1)?.[1]).toBe(Math.max(...numbers))
    }
  })
  test('of which TensorBoard reads the layers of the network, and what each reads', () => {
    expect(tensorBoard('run').graph).toEqual([
      ['input', 'input', []],
      ['dense', 'dense_4', ['input']],
      ['batchNorm', 'batch_norm', ['dense']],
      ['gelu', 'gelu', ['batchNorm']],
      ['dropout', 'dropout_0.2', ['gelu']],
      ['dense2', 'dense_1', ['dropout']]
    ])
  })
  test('of which TensorBoard reads the hyperparameters of a run and of a trial', () => {
    const infos = (names: readonly (readonly [string, string])[]) => names.map(([name, type]) => ({ name, type }))
    expect(tensorBoard('run').hparams).toMatchObject({
      '_hparams_/session_start_info': {
        sessionStartInfo: { hparams: { batchSize: 6, 'optimizer/tag': 'adam', 'model/layers/1/tag': 'batchNorm' } }
      },
      '_hparams_/session_end_info': { sessionEndInfo: { status: 'STATUS_SUCCESS' } }
    })
    expect(tensorBoard('trial-000002')).toEqual({
      histograms: {},
      scalars: { 'validation/accuracy': [[9, 0.875]], 'scores/test/accuracy': [[9, f32(0.8)]] },
      hparams: {
        '_hparams_/experiment': {
          experiment: {
            hparamInfos: infos([
              ['rate', 'DATA_TYPE_FLOAT64'],
              ['dropout', 'DATA_TYPE_FLOAT64'],
              ['layers', 'DATA_TYPE_FLOAT64'],
              ['units', 'DATA_TYPE_FLOAT64'],
              ['bias', 'DATA_TYPE_BOOL'],
              ['sizes', 'DATA_TYPE_STRING'],
              ['optimizer', 'DATA_TYPE_STRING'],
              ['optimizer/adam/beta1', 'DATA_TYPE_FLOAT64']
            ]),
            metricInfos: [{ name: { tag: 'validation/accuracy' } }]
          }
        },
        '_hparams_/session_start_info': {
          sessionStartInfo: {
            groupName: 'trial-000002',
            hparams: {
              ...{ rate: 0.5, dropout: 0.125, layers: 2, units: 64, bias: true, sizes: '[8,8]', optimizer: 'adam' },
              'optimizer/adam/beta1': 0.875
            }
          }
        },
        '_hparams_/session_end_info': { sessionEndInfo: { status: 'STATUS_SUCCESS' } }
      }
    })
    expect(tensorBoard('trial-000003').hparams).toMatchObject({
      '_hparams_/session_end_info': { sessionEndInfo: { status: 'STATUS_FAILURE' } }
    })
  })
  interface Journal {
    readonly best: readonly unknown[]
    readonly trials: readonly {
      readonly params: Readonly<Record<string, unknown>>
      readonly distributions: Readonly<Record<string, string>>
      readonly attributes: Readonly<Record<string, unknown>>
    }[]
  }
  const journal = (): Journal => readBack().files['study.log']?.read as Journal
  test('of which Optuna reads the study, each trial with its state, and the same best', () => {
    expect(journal()).toMatchObject({
      name: 'six trials',
      directions: ['MAXIMIZE'],
      metrics: ['accuracy'],
      attributes: { metric: 'accuracy', seed: 9, budget: 6 },
      best: [2, 0.875, {}],
      trials: [
        { number: 0, state: 'PRUNED', value: 0.5, intermediate: { 1: 0.5 } },
        { number: 1, state: 'PRUNED', value: 0.75, intermediate: { 1: 0.75 } },
        { number: 2, state: 'COMPLETE', value: 0.875, intermediate: { 9: 0.875 } },
        { number: 3, state: 'FAIL', value: null, intermediate: {} },
        { number: 4, state: 'FAIL', value: null, intermediate: {} },
        { number: 5, state: 'FAIL', value: null, intermediate: {} }
      ]
    })
    expect(journal().trials.map(t => t.attributes['seed'])).toEqual(result.trials.map(t => t.seed))
    expect(journal().trials[2]?.attributes).toMatchObject({ origin: 1, scores: { 'test/accuracy': 0.8 } })
  })
  test('of which Optuna reads each setting with its distribution, those of later rounds narrowed', () => {
    const common = { layers: 2, units: 64, dropout: 0.125 }
    expect(journal().trials.map(t => t.params)).toEqual([
      { ...common, rate: 0.01, bias: false, sizes: '[8]', optimizer: 'sgd' },
      { ...common, rate: 0.5, bias: true, sizes: '[8,8]', optimizer: 'adam', 'optimizer/adam/beta1': 0.875 },
      { ...common, rate: 0.5, bias: true, sizes: '[8,8]', optimizer: 'adam', 'optimizer/adam/beta1': 0.875 },
      { ...common, rate: 1, bias: true, sizes: 'none', optimizer: 'sgd' },
      { ...common, rate: 0.02, bias: false, sizes: 3, optimizer: 'adam', 'optimizer/adam/beta1': 0.875 },
      { ...common, rate: 1.5, bias: true, sizes: '[8]', optimizer: 'sgd' }
    ])
    const [first, , third] = journal().trials
    expect(third?.distributions).toEqual({
      bias: 'CategoricalDistribution(choices=(False, True))',
      dropout: 'FloatDistribution(high=0.5, log=False, low=0.0, step=None)',
      layers: 'IntDistribution(high=4, log=False, low=1, step=1)',
      optimizer: "CategoricalDistribution(choices=('sgd', 'adam'))",
      'optimizer/adam/beta1': 'FloatDistribution(high=0.99, log=False, low=0.8, step=None)',
      rate: 'FloatDistribution(high=1.0, log=True, low=0.0001, step=None)',
      sizes: "CategoricalDistribution(choices=('[8]', '[8,8]', 'none', 3))",
      units: 'IntDistribution(high=512, log=True, low=8, step=1)'
    })
    expect(first?.distributions['rate']).toBe(third?.distributions['rate'])
    expect(journal().trials[5]?.distributions).toMatchObject({
      dropout: 'FloatDistribution(high=0.2, log=False, low=0.1, step=None)',
      rate: 'FloatDistribution(high=2.0, log=True, low=0.0001, step=None)'
    })
  })
  test('of which Arrow reads each column of each table exactly', async () => {
    const tables: readonly ColumnTable[] = [...right(runTables(await recorded())), right(trialTable(result))]
    const types = { whole: 'int64', number: 'double', text: 'string', boolean: 'bool' } as const
    for (const { name, columns } of tables)
      expect([name, readBack().files[`${name}.parquet`]?.read]).toEqual([
        name,
        Object.fromEntries(columns.map(c => [c.name, [types[c.kind], c.values.map(said)]]))
      ])
  })
})

describe('tables as CSV', () => {
  test('have a line for each step, epoch and trial', async () => {
    expect(await csvFiles()).toMatchSnapshot()
  })
})

const tag = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
const step = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const number = fc.double()
const log: fc.Arbitrary<EventLog> = fc.record({
  scalars: fc.array(fc.record({ tag, points: fc.array(fc.tuple(step, number), { maxLength: 4 }) }), { maxLength: 3 }),
  histograms: fc.array(fc.record({ tag, step, numbers: fc.array(number, { maxLength: 40 }) }), { maxLength: 3 })
})

describe('event files', () => {
  test('say by a second reader each number, in the order of the steps', () => {
    fc.assert(
      fc.property(log, given => {
        const seen = valuesOf(right(encodeEvents(given)))
        const steps = seen.map(v => v.step)
        expect(steps).toEqual([...steps].sort((a, b) => a - b))
        const key = (v: { readonly tag: string; readonly step: number; readonly scalar?: number }) =>
          `${v.step} ${v.tag} ${Object.is(v.scalar, -0) ? '-0' : String(v.scalar)}`
        const expected = given.scalars.flatMap(s =>
          s.points.map(([at, x]) => ({ tag: s.tag, step: at, scalar: Math.fround(x) }))
        )
        expect(seen.flatMap(v => (v.histogram === undefined ? [key(v)] : [])).sort()).toEqual(expected.map(key).sort())
      })
    )
  })
  test('have histograms that count every finite number once, in rising buckets from the smallest to the largest', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 60 }), numbers => {
        const finite = numbers.filter(Number.isFinite)
        const seen = valuesOf(right(encodeEvents({ scalars: [], histograms: [{ tag: 'w', step: 3, numbers }] })))
        expect(seen).toHaveLength(finite.length === 0 ? 0 : 1)
        const [min = [], max = [], count = [], , , limits = [], counts = []] = seen[0]?.histogram ?? []
        if (finite.length === 0) return
        expect([min[0], max[0], count[0]]).toEqual([Math.min(...finite) + 0, Math.max(...finite) + 0, finite.length])
        expect(counts.reduce((a, b) => a + b, 0)).toBe(finite.length)
        expect(limits.at(-1)).toBe(max[0])
        expect(limits).toEqual([...limits].sort((a, b) => a - b))
      })
    )
  })
  test('put each number below the limit of its bucket, up to rounding', () => {
    const numbers = Array.from({ length: 61 }, (_, i) => i / 10)
    const [histogram = []] = valuesOf(
      right(encodeEvents({ scalars: [], histograms: [{ tag: 'w', step: 0, numbers }] }))
    ).map(v => v.histogram)
    // 61 numbers on 30 buckets of width 0.2: two in each, and the largest in the last
    expect(histogram[6]).toHaveLength(30)
    expect(histogram[6]?.reduce((a, b) => a + b, 0)).toBe(61)
    for (const count of histogram[6] ?? []) expect([1, 2, 3]).toContain(count)
  })
  test('begin with the version, and have no time', () => {
    const [first, ...rest] = recordsOf(right(encodeEvents({ scalars: [{ tag: 'a', points: [[1, 2]] }] })))
    expect(first === undefined ? '' : textIn(first, 3)).toBe('brain.Event:2')
    for (const event of [first, ...rest]) expect(event === undefined ? [] : doublesIn(event, 1)).toEqual([0])
  })
  test('have the sizes of outputs in the graph', () => {
    const node = { name: 'dense', op: 'dense', inputs: [], shape: [3, 4], texts: { layer: 'dense 4' } }
    const [, event] = recordsOf(right(encodeEvents({ scalars: [], graph: [node] })))
    const [graph] = event === undefined ? [] : inner(event, 4)
    const [first] = inner(fieldsOf(graph as Uint8Array), 1)
    expect(textIn(fieldsOf(first as Uint8Array), 1)).toBe('dense')
    expect(inner(fieldsOf(first as Uint8Array), 5)).toHaveLength(2)
  })
  test.each([
    [undefined, 'log: expected an object with curves'],
    [{}, 'scalars: expected a list of curves'],
    [{ scalars: [{ tag: 'a', points: [[0.5, 1]] }] }, 'scalars'],
    [{ scalars: [{ tag: 'a', points: [[-1, 1]] }] }, 'scalars'],
    [{ scalars: [], histograms: [{ tag: 'a', step: 1, numbers: ['x'] }] }, 'histograms'],
    [{ scalars: [], hyperparameters: { group: 'a', settings: { a: [] }, metrics: [], status: 'success' } }, 'hyper'],
    [{ scalars: [], hyperparameters: { group: 'a', settings: {}, metrics: [], status: ['success'] } }, 'hyper'],
    [{ scalars: [], graph: [{ name: 'a' }] }, 'graph']
  ])('are refused for %j', (junk, part) => {
    expect(left(encodeEvents(junk as never))).toContain(part)
  })
})

/** texts that a table must keep apart, numbers with all their digits */
const cells: Readonly<Record<Column['kind'], fc.Arbitrary<string | number | boolean>>> = {
  whole: fc.maxSafeInteger(),
  number,
  text: fc.oneof(fc.string(), fc.constantFrom('', ' a', 'a,b', '"', 'a\nb', 'a\r\nb', 'NaN')),
  boolean: fc.boolean()
}
const table: fc.Arbitrary<ColumnTable> = fc.nat({ max: 5 }).chain(rows =>
  fc
    .uniqueArray(fc.tuple(tag, fc.constantFrom<Column['kind'][]>('whole', 'number', 'text', 'boolean')), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 4
    })
    .chain(columns =>
      fc.record({
        name: fc.constant('t'),
        columns: fc.tuple(
          ...columns.map(([name, kind]) =>
            fc
              .array(fc.option(cells[kind]), { minLength: rows, maxLength: rows })
              .map((values): Column => ({ name, kind, values }))
          )
        )
      })
    )
)

describe('tables', () => {
  test('are read back from Parquet with the sign of each 0', async () => {
    const values = [0, -0, 0, 0, 0, 0, 0, -0, null]
    const bytes = right(await encodeParquet({ name: 't', columns: [{ name: 'x', kind: 'number', values }] })())
    const file = bytes.buffer as ArrayBuffer
    const rows: readonly Readonly<Record<string, unknown>>[] = await parquetReadObjects({ file })
    expect(rows.map(row => row['x'])).toEqual(values)
  })
  // an object without a prototype has no text, and a list with holes has no values there
  test.each([
    ['a kind without a text', { name: 'x', kind: Object.create(null) as never, values: [1] }],
    ['a kind in a list', { name: 'x', kind: ['number'] as never, values: [1] }],
    ['a list with holes', { name: 'x', kind: 'number', values: new Array<null>(2) }]
  ] as const)('are refused with %s', async (_, column) => {
    const table = { name: 't', columns: [column] }
    expect(left(encodeCsv(table))).toContain('table: expected columns')
    expect(left(await encodeParquet(table)())).toContain('table: expected columns')
  })
  test('are read back from CSV by csv-parse, texts as they are and numbers exactly', () => {
    fc.assert(
      fc.property(table, given => {
        const text = right(encodeCsv(given))
        const [names = [], ...rows] = parse(text, { cast: (v, c) => (v === '' && !c.quoting ? null : v) }) as (
          string | null
        )[][]
        expect(names).toEqual(given.columns.map(c => c.name))
        // a reader leaves out lines that are empty: a single column of absent values
        if (given.columns.length === 1) return
        const back = given.columns.map(({ kind }, i) =>
          rows.map(row => {
            const cell = row[i] ?? null
            return cell === null ? null : kind === 'text' ? cell : kind === 'boolean' ? cell === 'true' : Number(cell)
          })
        )
        expect(back).toEqual(given.columns.map(c => c.values))
      })
    )
  })
  test('are read back from Parquet by hyparquet, value by value', async () => {
    await fc.assert(
      fc.asyncProperty(table, async given => {
        const bytes = right(await encodeParquet(given)())
        const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
        const rows: readonly Readonly<Record<string, unknown>>[] = await parquetReadObjects({ file })
        const back = given.columns.map(c => rows.map(row => row[c.name] ?? null))
        expect(back).toEqual(
          given.columns.map(c => c.values.map(x => (c.kind === 'whole' && x !== null ? BigInt(x) : x)))
        )
      }),
      { numRuns: 40 }
    )
  })
  const column = (values: readonly unknown[], name = 'a'): object => ({ name, kind: 'whole', values })
  test.each([
    ['nothing', undefined],
    ['columns of different lengths', { name: 't', columns: [column([1]), column([1, 2], 'b')] }],
    ['equal names', { name: 't', columns: [column([1]), column([1])] }],
    ['values of another kind', { name: 't', columns: [column([0.5])] }]
  ])('are refused for %s', async (_, junk) => {
    expect(left(encodeCsv(junk as never))).toContain('columns of equal length')
    expect(left(await encodeParquet(junk as never)())).toContain('columns of equal length')
  })
})

test('anything but a record or a study is refused', () => {
  for (const junk of [undefined, {}, [], 3, { study: {}, trials: [{}] }]) {
    expect(left(runTables(junk as never))).toContain('a record')
    expect(left(runEvents(junk as never))).toContain('a record')
    expect(left(trialTable(junk as never))).toContain('a study with its trials')
    expect(left(trialEvents(junk as never))).toContain('a study with its trials')
    expect(left(optunaJournal(junk as never))).toContain('a study with its trials')
  }
  expect(left(optunaJournal(result, { name: '' }))).toContain('a name that is not empty')
})
