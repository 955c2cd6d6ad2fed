/** Dropout of the state of recurrent layers: the laws of layers, one mask for each sequence, and what is refused. */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { layerLaws } from '../../src/laws/index.js'
import { layerCodec } from '../../src/layer/codecs.js'
import { modelData } from '../../src/layer/model.js'
import { gru, gruDefinition } from '../../src/layer/recurrent/gru.js'
import { lstm, lstmDefinition } from '../../src/layer/recurrent/lstm.js'
import { simpleRnn, simpleRnnDefinition } from '../../src/layer/recurrent/simple-rnn.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { build } from '../../src/model/build.js'
import { rootKey } from '../../src/random/index.js'
import { showError } from '../../src/value/error.js'
import { numbersOf, tensorView } from '../../src/value/tensor.js'
import { apply } from './one-layer.js'

const cases = [
  [simpleRnnDefinition, { layer: simpleRnn(2, { recurrentDropout: 0.5, outputs: 'all' }), input: [3, 2] }],
  [lstmDefinition, { layer: lstm(2, { recurrentDropout: 0.3, direction: 'backward' }), input: [3, 1] }],
  [gruDefinition, { layer: gru(2, { recurrentDropout: 0.5, lengths: true }), input: [[3, 1], [1]] }],
  [gruDefinition, { layer: gru(2, { recurrentDropout: 0.5, reset: 'before' }), input: [2, 2] }]
] as const

describe('dropout of the state obeys the laws of layers', () => {
  for (const [definition, sample] of cases)
    for (const { name, property } of layerLaws({
      ...definition,
      samples: [sample]
    }))
      test(`${name} (${definition.show(sample.layer as never)})`, () => fc.assert(property, { numRuns: 2 }))
})

const f64 = (shape: readonly number[], numbers: readonly number[]) =>
  tensorView('f64', shape, Float64Array.from(numbers))
const units = 6
const examples = 8
/** h[t] = 1 + drop(h[t-1]) in each unit */
const counting = (recurrentDropout: number, training: boolean): readonly (readonly number[])[] => {
  const layer = simpleRnn(units, { activation: 'relu', outputs: 'all', recurrentDropout })
  const identity = Array.from({ length: units * units }, (_, i) => (i % (units + 1) === 0 ? 1 : 0))
  const { y } = apply(layer, {
    x: f64(
      [examples, 3, 1],
      Array.from({ length: examples * 3 }, () => 0)
    ),
    training,
    key: rootKey(4),
    c: f64(
      [examples, 3, units],
      Array.from({ length: examples * 3 * units }, () => 1)
    ),
    params: {
      'simpleRnn/recurrent': f64([units, units], identity),
      'simpleRnn/bias': f64(
        [units],
        Array.from({ length: units }, () => 1)
      )
    }
  })
  const all = numbersOf(y)
  return Array.from({ length: examples * units }, (_, i) =>
    [0, 1, 2].map(t => all[(Math.floor(i / units) * 3 + t) * units + (i % units)] as number)
  )
}

test('a number of the state is dropped at all steps of a sequence, or at none', () => {
  const seen = counting(0.5, true).map(h => h.join())
  // kept: 1, 1 + 2, 1 + 2 * 3
  expect(new Set(seen)).toEqual(new Set(['1,3,7', '1,1,1']))
})
test('each example has its own mask', () => {
  const rows = Array.from({ length: examples }, (_, i) =>
    counting(0.5, true)
      .slice(i * units, (i + 1) * units)
      .join()
  )
  expect(new Set(rows).size).toBeGreaterThan(examples / 2)
})
test('nothing is dropped in inference', () => {
  expect(new Set(counting(0.5, false).map(h => h.join()))).toEqual(new Set(['1,2,3']))
})
test('a layer that drops nothing is the same data as one without the setting', () => {
  expect(lstm(3, { recurrentDropout: 0 })).toEqual(lstm(3))
  expect(Object.keys(gru(3, { recurrentDropout: 0 }))).toEqual(Object.keys(gru(3)))
})
test('JSON keeps the rate', () => {
  const layer = gru(3, { recurrentDropout: 0.25 })
  const codec = layerCodec(builtInLayers)
  expect(codec.decode(JSON.parse(JSON.stringify(layer)))).toEqual(E.right(layer))
})
test.each([1, -0.5, Number.NaN])('a rate of %s is refused', rate => {
  const layer = simpleRnn(2, { recurrentDropout: rate })
  expect(pipe(build(modelData([2, 1], layer)), E.mapLeft(showError))).toEqual(
    E.left(expect.stringContaining('a number from 0 up to, not including, 1'))
  )
})
