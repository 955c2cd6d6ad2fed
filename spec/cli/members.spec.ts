import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { describe, expect, test } from 'vitest'
import { layerCodec } from '../../src/layer/codecs.js'
import { listing, type Field } from '../../src/cli/members.js'
import { constraintCodec } from '../../src/search/constraint.js'
import { samplerCodec } from '../../src/search/sampler/index.js'
import { dimensionCodec } from '../../src/search/space.js'
import { studyTables } from '../../src/search/study.js'
import { sourceCodec } from '../../src/data/readers.js'
import { metricCodec } from '../../src/train/metric/index.js'
import { optimizerCodec } from '../../src/train/optimizer/index.js'
import { scheduleCodec } from '../../src/train/schedule/index.js'
import { stopCodec } from '../../src/train/stop/index.js'
import { familyCodec } from '../../src/value/family.js'
import { gradfold } from './helpers.js'

const { families: f, readers, dimensions, constraints, samplers } = studyTables
type Json = Readonly<Record<string, unknown>>
const samplesOf = (members: Readonly<Record<string, { readonly samples: readonly object[] }>>): readonly object[] =>
  Object.values(members).flatMap(m => m.samples)

/** the families whose members have samples, with what reads their JSON in earnest */
const read: readonly (readonly [family: string, codec: t.Mixed, samples: readonly object[]])[] = [
  ['data', sourceCodec, samplesOf(readers)],
  ['layer', layerCodec(f.kinds), Object.values(f.kinds.layers).flatMap(k => k.samples.map(s => s.layer))],
  ['loss', familyCodec('loss', f.losses), samplesOf(f.losses)],
  ['optimizer', optimizerCodec(f.optimizers, f.schedules), samplesOf(f.optimizers)],
  ['schedule', scheduleCodec(f.schedules), samplesOf(f.schedules)],
  ['stop', stopCodec(f.stopRules), samplesOf(f.stopRules)],
  ['metric', metricCodec(f.metrics), samplesOf(f.metrics)],
  ['dimension', dimensionCodec(dimensions), samplesOf(dimensions)],
  ['constraint', constraintCodec(constraints), samplesOf(constraints)],
  ['sampler', samplerCodec(samplers), samplesOf(samplers)]
]

describe.each(read)('of the family %s the listing', (family, codec, samples) => {
  const members = listing()[family]?.members ?? {}
  const json = samples.map(s => codec.encode(s) as Json)
  test('has every member', () => {
    expect(new Set(json.map(j => j['tag']))).toEqual(new Set(Object.keys(members)))
  })
  test('has the fields of each', () => {
    for (const { tag, ...fields } of json)
      expect(members[tag as string]?.map(field => field.name)).toEqual(expect.arrayContaining(Object.keys(fields)))
  })
  test('says what it means to leave a field out', () => {
    const without = (j: Json, { name, leftOut }: Field): void => {
      const { [name]: _, ...rest } = j
      const got = codec.decode(rest)
      const place = `${String(j['tag'])}.${name}`
      expect(E.isRight(got), place).toBe(E.isRight(leftOut))
      if (E.isRight(got) && E.isRight(leftOut)) {
        const written = (codec.encode(got.right) as Json)[name]
        expect(written === undefined ? '' : JSON.stringify(written), place).toBe(leftOut.right)
      }
    }
    for (const j of json) for (const field of members[j['tag'] as string] ?? []) without(j, field)
  })
})

describe('gradfold members', () => {
  test('prints one family', async () => {
    const { code, out, err } = await gradfold(['members', 'schedule'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^schedule \(numbers of an optimizer\)\n\n\| tag /)
    expect(out).toMatch(/\n\| cosineDecay +\| initial +\| a number, 0 or more +\| required +\|\n/)
    expect(out).toMatch(/\n\| +\| final +\| a number, 0 or more +\| 0 +\|\n/)
  })
  test('prints names alone where no member has fields', async () => {
    const { out } = await gradfold(['members', 'activation'])
    expect(out.split('\n')[2]).toBe(Object.keys(f.kinds.activations).join(', '))
  })
  test('prints all of them, and refuses one that there is not', async () => {
    const { out } = await gradfold(['members'])
    for (const family of Object.keys(listing())) expect(out).toContain(`${family} (`)
    const { code, err } = await gradfold(['members', 'optimiser'])
    expect(code).toBe(2)
    expect(err).toContain('optimizer')
  })
})
