import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { fromArrays } from '../../src/data/arrays.js'
import { exampleCount, featureValues, type Dataset } from '../../src/data/dataset.js'
import type { Reader } from '../../src/data/reader/reader.js'
import { add, mul, square, sub } from '../../src/expr/build.js'
import type { LayerDefinition } from '../../src/layer/definition.js'
import { extend } from '../../src/registry/extend.js'
import { tensorLayer } from '../../src/layer/compose.js'
import { openRun, type OpenRun } from '../../src/run/open.js'
import { builtInRun, type RunRegistry } from '../../src/run/registry.js'
import { parseRunFile, showRunFile } from '../../src/run/run-file.js'
import { train } from '../../src/train/train.js'
import { exampleMean, type LossDefinition } from '../../src/train/loss/loss.js'
import { positive, withDefault } from '../../src/value/codec.js'
import type { Problem } from '../../src/value/error.js'
import { xor } from './helpers.js'
import { left, right } from '../support/either.js'
import { uniform } from '../support/random.js'

const open = (value: unknown, registry?: RunRegistry): Promise<E.Either<Problem<string>, OpenRun>> =>
  pipe(
    TE.fromEither<Problem<string>, Parameters<typeof openRun>[0]>(parseRunFile(JSON.stringify(value), registry)),
    TE.chainW(run => openRun(run, registry))
  )()

const numbers = (d: Dataset | undefined): readonly number[] => (d === undefined ? [] : [...featureValues(d.x).data])
/** n examples of one number each, in two classes */
const line = (n: number, start = 0) => ({
  x: Array.from({ length: n }, (_, i) => [start + i]),
  y: Array.from({ length: n }, (_, i) => i % 2)
})
const classes = {
  model: { input: [1], layers: [{ tag: 'dense', units: 2 }] },
  loss: 'softmaxCrossEntropy',
  optimizer: 'adam',
  stop: { tag: 'epochs', count: 1 }
}
const of = (data: object, fields: object = {}) => ({
  ...classes,
  ...fields,
  data: { tag: 'arrays', classes: 2, ...data }
})

describe('openRun', () => {
  test('gives the training and the data', async () => {
    const { training, datasets } = right(await open(of({ train: line(4), test: line(2, 10) }, { seed: 7 })))
    expect(training).toMatchObject({ seed: 7, batchSize: 32, loss: { tag: 'softmaxCrossEntropy' } })
    expect(Object.keys(training)).not.toContain('data')
    expect([numbers(datasets.train), numbers(datasets.test)]).toEqual([
      [0, 1, 2, 3],
      [10, 11]
    ])
  })

  test('refuses a test part that does not fit the model, before anything is trained', async () => {
    const test = { x: [[1, 2]], y: [1] }
    expect(left(await open(of({ train: line(4), test })))).toBe(
      'test/inputs: expected tensors of shape [1] for each example, got shape [2]; reshape the data, or change the input of the model'
    )
  })

  test('splits into two parts that are together the whole, the same for the same seed', async () => {
    const cases = fc.record({
      n: fc.integer({ min: 4, max: 40 }),
      fraction: uniform(0.3, 0.7),
      tag: fc.constantFrom('random', 'stratified'),
      seed: fc.integer({ min: 0, max: 0xffffffff })
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ n, fraction, tag, seed }) => {
        const run = of({ train: line(n) }, { seed, split: { tag, fraction } })
        const [a, b] = [right(await open(run)).datasets, right(await open(run)).datasets]
        expect([...numbers(a.train), ...numbers(a.test)].sort((x, y) => x - y)).toEqual(numbers(fromLine(n)))
        expect([numbers(a.train), numbers(a.test)]).toEqual([numbers(b.train), numbers(b.test)])
        expect(Math.abs(exampleCount(a.train) - n * fraction)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 40 }
    )
  })
  const fromLine = (n: number): Dataset => right(fromArrays(line(n).x, line(n).y, 2))

  test('splits off validation from what the test part leaves', async () => {
    const run = of({ train: line(20) }, { split: { tag: 'random', fraction: 0.8 }, validation: 'random' })
    const { train, test, validation } = right(await open(run)).datasets
    const parts = [train, validation, test].map(numbers)
    expect(parts.map(p => p.length)).toEqual([13, 3, 4])
    expect(parts.flat().sort((x, y) => x - y)).toEqual(numbers(fromLine(20)))
    const other = right(await open({ ...run, validation: undefined })).datasets
    expect(numbers(other.test)).toEqual(numbers(test))
  })
  test('scales the test part by what the training part says', async () => {
    const run = of({ train: line(5), test: line(2, 8) }, { normalise: 'minMax' })
    const { train, test } = right(await open(run)).datasets
    expect(numbers(train)).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(numbers(test)).toEqual([2, 2.25])
  })
  test('splits before it scales', async () => {
    const run = of({ train: line(20) }, { split: 'random', normalise: 'minMax' })
    const { train } = right(await open(run)).datasets
    expect([Math.min(...numbers(train)), Math.max(...numbers(train))]).toEqual([0, 1])
  })

  test.each<[string, object]>([
    ['a split of data that have a test part', of({ train: line(4), test: line(2) }, { split: 'random' })],
    ['a part without examples', of({ train: line(2) }, { split: { tag: 'random', fraction: 0.9 } })],
    ['a validation part without examples', of({ train: line(2) }, { validation: { tag: 'random', fraction: 0.9 } })],
    ['a stratified split without classes', { ...xor, split: 'stratified' }],
    ['rows of different lengths', of({ train: { x: [[1], [2, 3]], y: [0, 1] } })],
    ['a class beyond the classes', of({ train: { x: [[1]], y: [2] } })],
    [
      'a file that is not there',
      of({
        tag: 'csv',
        train: 'no/such.csv',
        schema: { columns: { a: 'number', b: 'number' }, target: 'b' },
        classes: undefined
      })
    ]
  ])('refuses %s', async (_, run) => {
    expect(left(await open(run))).toMatchSnapshot()
  })
})

// ---- members of one's own

interface Offset {
  readonly tag: 'offset'
  readonly by: number
}
interface Halves {
  readonly tag: 'halves'
}
interface Three {
  readonly tag: 'three'
}
declare module '../../src/layer/definition.js' {
  interface Layers {
    readonly offset: Offset
  }
}
declare module '../../src/train/loss/open.js' {
  interface Losses {
    readonly halves: Halves
  }
}
declare module '../../src/data/reader/reader.js' {
  interface Sources {
    readonly three: Three
  }
}
const offset: LayerDefinition<Offset> = {
  tag: 'offset',
  fields: () => ({ by: withDefault(positive, 1) }),
  show: ({ by }) => `offset ${by}`,
  place: ({ by }, input) => E.right(tensorLayer({ output: input as readonly number[], formula: x => add(x, by) })),
  samples: []
}
const halves: LossDefinition<Halves> = {
  tag: 'halves',
  fields: () => ({}),
  expects: 'values',
  classIndexes: false,
  formula: (_, y, t) => mul(exampleMean(square(sub(y, t))), 0.5),
  tex: '',
  samples: []
}
const three: Reader<Three> = {
  tag: 'three',
  fields: () => ({}),
  load: () =>
    pipe(
      TE.fromEither(fromArrays([[1], [2], [3]], [[2], [4], [6]])),
      TE.map(d => ({ train: d }))
    ),
  samples: []
}

describe("members of one's own", () => {
  const registry = extend(builtInRun, { layers: [offset], losses: { halves }, readers: { three } })
  const run = {
    data: 'three',
    model: { input: [1], layers: ['offset', { tag: 'dense', units: 1 }] },
    loss: 'halves',
    optimizer: 'sgd',
    batchSize: 2,
    stop: { tag: 'epochs', count: 2 }
  }
  test('are read from a run file, written again, and train', async () => {
    const read = right(parseRunFile(JSON.stringify(run), registry))
    expect(parseRunFile(showRunFile(read, registry), registry)).toEqual(E.right(read))
    expect(read.model).toMatchObject({ layer: { layers: [{ tag: 'offset', by: 1 }, { tag: 'dense' }] } })
    const { training, datasets } = right(await open(run, registry))
    const trained = right(train(training, { backend: reference, registry })(datasets.train))
    expect(trained.state.progress).toMatchObject({ step: 4, epoch: 2 })
  })
  test('are refused where nobody handed them in', () =>
    expect(left(parseRunFile(JSON.stringify(run)))).toMatch(/^\$\/data: .*, got "three"$/))
})
