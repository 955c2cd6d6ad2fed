import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { describe, expect, test } from 'vitest'
import { listing, type Field } from '../../src/cli/members.js'
import { codecsOf } from '../../src/registry/codecs.js'
import { shortCodecsOf } from '../../src/run/shorthand.js'
import { builtIn } from '../../src/search/registry.js'
import { gradfold } from './helpers.js'

const codecs = codecsOf(builtIn)
type Json = Readonly<Record<string, unknown>>
const samplesOf = (members: Readonly<Record<string, { readonly samples: readonly object[] }>>): readonly object[] =>
  Object.values(members).flatMap(m => m.samples)

/** the families whose members have samples, with what reads their JSON in earnest */
const read: readonly (readonly [family: string, codec: t.Mixed, samples: readonly object[]])[] = [
  ['data', codecs.source, samplesOf(builtIn.readers)],
  ['layer', codecs.layer, Object.values(builtIn.layers).flatMap(k => k.samples.map(s => s.layer))],
  ['loss', codecs.loss, samplesOf(builtIn.losses)],
  ['optimizer', codecs.optimizer, samplesOf(builtIn.optimizers)],
  ['schedule', codecs.schedule, samplesOf(builtIn.schedules)],
  ['stop', codecs.stopRule, samplesOf(builtIn.stopRules)],
  ['metric', codecs.metric, samplesOf(builtIn.metrics)],
  ['format', codecs.format, samplesOf(builtIn.formats)],
  ['dimension', codecs.dimension, samplesOf(builtIn.dimensions)],
  ['constraint', codecs.constraint, samplesOf(builtIn.constraints)],
  ['sampler', shortCodecsOf(builtIn).sampler, samplesOf(builtIn.samplers)]
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
    expect(out.split('\n')[2]).toBe(Object.keys(builtIn.activations).join(', '))
  })
  test('prints all of them, and refuses one that there is not', async () => {
    const { out } = await gradfold(['members'])
    for (const family of Object.keys(listing())) expect(out).toContain(`${family} (`)
    const { code, err } = await gradfold(['members', 'optimiser'])
    expect(code).toBe(2)
    expect(err).toContain('optimizer')
  })
})
