/** The registry: what extends it, and that tables and types name the same members. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { builtIn, extend } from 'gradfold'
import { type LossDefinition } from 'gradfold/extend'
import { codecsOf, noMembers, type FamilyName } from 'gradfold/extend'
import { families } from '../../src/registry/families.js'
import type { BuiltInLayers } from '../../src/layer/definition.js'
import type { BuiltInLosses, Loss } from '../../src/train/loss/loss.js'

const names = Object.keys(families) as readonly FamilyName[]

describe('the built-in registry', () => {
  test.each(names)('finds every %s under its own tag', name => {
    const definitions = builtIn[families[name].field]
    expect(Object.keys(definitions).length).toBeGreaterThan(0)
    for (const [tag, d] of Object.entries<{ readonly tag: string }>(definitions)) expect(d.tag).toBe(tag)
  })
  test('has no field besides its families', () =>
    expect(new Set(Object.keys(builtIn))).toEqual(new Set(names.map(n => families[n].field))))
  test('has the members that the types name, and no others', () => {
    const layers = { dense: 1, sequential: 1 } satisfies { readonly [K in keyof BuiltInLayers]?: 1 }
    for (const tag of Object.keys(layers)) expect(builtIn.layers).toHaveProperty(tag)
    expectTypeOf<'huber' | 'meanSquaredError'>().toExtend<keyof BuiltInLosses>()
    expectTypeOf<'nothing'>().not.toExtend<keyof BuiltInLosses>()
  })
})

describe('extend', () => {
  const mine = { ...(builtIn.losses['meanSquaredError'] as LossDefinition<Loss>), tag: 'mine' } as LossDefinition<Loss>
  test('adds a list or a record, and leaves the registry alone', () => {
    for (const losses of [[mine], { anyName: mine }]) {
      const more = extend(builtIn, { losses })
      expect(more.losses['mine']).toBe(mine)
      expect(more.losses['huber']).toBe(builtIn.losses['huber'])
      expect(more.layers).toBe(builtIn.layers)
    }
    expect(builtIn.losses).not.toHaveProperty('mine')
  })
  test('replaces a definition with the same tag', () => {
    const other = { ...mine, tag: 'huber' } as LossDefinition<Loss>
    expect(extend(builtIn, { losses: [other] }).losses['huber']).toBe(other)
  })
  test('codecs read what was added, and codecs of before do not', () => {
    const more = extend(builtIn, { losses: [mine] })
    expect(codecsOf(more).loss.is({ tag: 'mine' })).toBe(true)
    expect(codecsOf(builtIn).loss.is({ tag: 'mine' })).toBe(false)
    expect(codecsOf(more)).toBe(codecsOf(more))
    expect(noMembers.loss.is({ tag: 'huber', delta: 1 })).toBe(false)
  })
})
