/** Functions of datasets take them first or last, with the same result. */
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import {
  applyScaling,
  fitScaling,
  fromArrays,
  gatherExamples,
  kFold,
  leafKey,
  pickExamples,
  reshapeInputs,
  rootKey,
  split,
  stratifiedKFold,
  stratifiedSplit,
  takeExamples,
  tensor
} from 'gradfold'
import { right } from '../support/either.js'

const data = right(
  fromArrays(
    [...Array(12).keys()].map(i => [i, i * i]),
    [...Array(12).keys()].map(i => i % 2),
    2
  )
)
const key = leafKey(rootKey(1), 'split')
const rows = right(tensor('u32', [2], [2, 0]))
const scaling = right(fitScaling(data, 'standardise'))

const forms: Readonly<Record<string, readonly [first: unknown, last: unknown]>> = {
  takeExamples: [takeExamples(data, 3), pipe(data, takeExamples(3))],
  pickExamples: [pickExamples(data, [2, 0]), pipe(data, pickExamples([2, 0]))],
  gatherExamples: [gatherExamples(data, rows), pipe(data, gatherExamples(rows))],
  reshapeInputs: [reshapeInputs(data, [2, 1]), pipe(data, reshapeInputs([2, 1]))],
  split: [split(data, 0.5, key), pipe(data, split(0.5, key))],
  stratifiedSplit: [stratifiedSplit(data, 0.5, key), pipe(data, stratifiedSplit(0.5, key))],
  kFold: [kFold(data, 3, key), pipe(data, kFold(3, key))],
  stratifiedKFold: [stratifiedKFold(data, 3, key), pipe(data, stratifiedKFold(3, key))],
  applyScaling: [applyScaling(scaling, data), pipe(data, applyScaling(scaling))]
}

describe('data first or last', () => {
  test.each(Object.keys(forms))('%s gives the same in both forms', name => {
    const [first, last] = forms[name] ?? []
    expect(first).not.toBeInstanceOf(Function)
    expect(first).not.toMatchObject({ _tag: 'Left' })
    expect(last).toEqual(first)
  })
})
