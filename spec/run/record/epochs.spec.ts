import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MetricValue } from '../../../src/train/metric/metric.js'
import type { Scores } from '../../../src/train/progress.js'
import {
  decodeLinks,
  encodeLink,
  link,
  relinked,
  type EpochEntry,
  type EpochLink
} from '../../../src/run/record/epochs.js'

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const { value } = fc.letrec<{ readonly value: MetricValue; readonly list: readonly MetricValue[] }>(tie => ({
  value: fc.oneof({ maxDepth: 2 }, fc.double(), tie('list')),
  list: fc.array(tie('value'), { maxLength: 3 })
}))
const names = fc.constantFrom('accuracy', 'top5', 'Maß', 'a\nb', '"')
const scores: fc.Arbitrary<Scores> = fc.record({ loss: fc.double(), metrics: fc.dictionary(names, value) })
const entry: fc.Arbitrary<EpochEntry> = fc
  .tuple(scores, fc.option(scores, { nil: undefined }), fc.dictionary(names, fc.double()), hex, fc.nat())
  .map(([s, validation, settings, state, step]) => ({
    epoch: 0,
    step,
    ...s,
    settings,
    ...(validation === undefined ? {} : { validation }),
    state
  }))
const id = '0'.repeat(64)
const chained = (entries: readonly EpochEntry[]): readonly EpochLink[] =>
  entries.reduce<readonly EpochLink[]>(
    (links, e, i) => [...links, link({ ...e, epoch: i + 1 }, links.at(-1)?.chain ?? id)],
    []
  )
const links = fc.array(entry, { minLength: 1, maxLength: 5 }).map(chained)
const textOf = (all: readonly EpochLink[]): string => all.map(encodeLink).join('')

describe('links of epochs', () => {
  test('come back to the bit: -0, NaN and the infinities too', () => {
    fc.assert(
      fc.property(links, all => {
        expect(decodeLinks(textOf(all), id)).toEqual(all)
      })
    )
  })
  test('are one line each', () => {
    fc.assert(
      fc.property(links, all => {
        expect(textOf(all).split('\n')).toHaveLength(all.length + 1)
      })
    )
  })
  test('cut anywhere leave the whole ones', () => {
    fc.assert(
      fc.property(links, fc.nat(), (all, at) => {
        const text = textOf(all)
        const cut = text.slice(0, at % text.length)
        expect(decodeLinks(cut, id)).toEqual(all.slice(0, cut.split('\n').length - 1))
      })
    )
  })
  test("end before one that was changed, or that is another run's", () => {
    fc.assert(
      fc.property(links, hex, fc.nat(), (all, state, at) => {
        const i = at % all.length
        const changed = all.map((l, k) => (k === i ? { ...l, state } : l))
        fc.pre(changed[i]?.state !== all[i]?.state)
        expect(decodeLinks(textOf(changed), id)).toEqual(all.slice(0, i))
        expect(decodeLinks(textOf(all), '1'.repeat(64))).toEqual([])
      })
    )
  })
  test('of another run are the same epochs in another chain', () => {
    fc.assert(
      fc.property(links, hex, (all, other) => {
        fc.pre(other !== id)
        const again = relinked(all, other)
        expect(again.map(({ chain, ...e }) => [typeof chain, e])).toEqual(
          all.map(({ chain, ...e }) => [typeof chain, e])
        )
        expect(decodeLinks(textOf(again), other)).toEqual(again)
        expect(relinked(again, id)).toEqual(all)
      })
    )
  })
})
