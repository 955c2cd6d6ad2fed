/** What the playground takes from an address, and how much a run may ask of it. */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { longestLink, readLink, writeLink } from '../../docs/playground/src/link.js'
import { members } from '../../docs/playground/src/members.js'
import { blocks, epochsOf, losses, optimizers, tagOf, withEpochs } from '../../docs/playground/src/page/run.js'
import { starts } from '../../docs/playground/src/sets.js'
import { limits, tooMuch } from '../../docs/playground/src/work.js'
import { builtInRun } from '../../src/run/registry.js'
import { layerRows } from '../../src/model/describe.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { left, right } from '../support/either.js'

const digest = '0123456789abcdef'.repeat(4)

describe('a link', () => {
  test('says what was written into it, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2000 }), fc.boolean(), (run, named) => {
        const link = named ? { run, digest } : { run }
        expect(readLink(writeLink(link))).toEqual({ tag: 'link', link })
      })
    )
  })
  test('that is empty says nothing', () => {
    expect([readLink(''), readLink('#')]).toEqual([{ tag: 'none' }, { tag: 'none' }])
  })
  test.each([
    ['too long', `#run=${'a'.repeat(longestLink)}`, 'characters'],
    ['with an unknown field', `${writeLink({ run: '{}' })}&then=alert`, 'other than run and digest'],
    ['with the field __proto__', '#__proto__=e30&run=e30', 'other than run and digest'],
    ['with two runs', '#run=e30&run=e30', 'one run'],
    ['without a run', `#digest=${digest}`, 'one run'],
    ['with a digest of other letters', `#run=e30&digest=${'g'.repeat(64)}`, '64 hexadecimal digits'],
    ['with markup for a run', '#run=<img src=x onerror=alert(1)>', 'field other than'],
    ['with markup that has no equals sign', '#run=<script>', 'base64url'],
    ['with bytes that are no text', '#run=_-8', 'text in base64url']
  ])('%s is refused with a sentence', (_, hash, words) => {
    const read = readLink(hash)
    expect(read.tag === 'refused' ? read.message : read.tag).toContain(words)
  })
  test('is read or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        expect(['none', 'link', 'refused']).toContain(readLink(`#${text}`).tag)
      })
    )
  })
})

describe('the runs that the page begins with', () => {
  test.each(starts.map(s => [s.name, s] as const))(
    '%s is a run file of the page and of the command, fits a link and the limits',
    (_, s) => {
      const text = JSON.stringify(s.run())
      const run = right(parseRunFile(text, members))
      expect(right(parseRunFile(text, builtInRun))).toEqual(run)
      expect(writeLink({ run: text, digest }).length).toBeLessThanOrEqual(longestLink)
      expect(
        tooMuch(right(layerRows(run.model, members)), run.batchSize, epochsOf(s.run()['stop'] as never))
      ).toBeUndefined()
    }
  )
  test('can have any of the optimizers, losses and blocks that it offers', () => {
    const run = { ...starts[1]?.run(), loss: 'softmaxCrossEntropy' }
    for (const optimizer of optimizers) right(parseRunFile(JSON.stringify({ ...run, optimizer }), members))
    for (const loss of losses) expect(members.losses[loss]).toBeDefined()
    for (const block of blocks) expect(members.layers[tagOf(block)] ?? members.activations[tagOf(block)]).toBeDefined()
  })
})

describe('what a run may ask', () => {
  const rows = (model: object) =>
    right(layerRows(right(parseRunFile(JSON.stringify({ ...starts[0]?.run(), model }), members)).model, members))
  const net = rows({
    input: [2],
    layers: [
      { tag: 'dense', units: 900 },
      { tag: 'dense', units: 900 },
      { tag: 'dense', units: 1 }
    ]
  })
  const tiny = rows({ input: [2], layers: [{ tag: 'dense', units: 1 }] })
  const wide = rows({
    input: [2],
    layers: [
      { tag: 'dense', units: 400_000 },
      { tag: 'dense', units: 1 }
    ]
  })
  test.each([
    ['steps', tiny, 4, limits.steps + 1],
    ['products', net, 32, 90_000],
    ['parameters', wide, 1, 1],
    ['numbers', net, 100_000, 1],
    ['no last step', tiny, 4, undefined]
  ] as const)('is limited in %s', (words, of, batch, steps) => expect(tooMuch(of, batch, steps)).toContain(words))
  test('allows the most steps of a small net', () => expect(tooMuch(tiny, 4, limits.steps)).toBeUndefined())

  test.each([
    ['a path as data', { data: { tag: 'csv', train: '/etc/passwd' } }],
    ['another path', { data: { tag: 'npy', train: { x: 'x.npy', y: 'y.npy' } } }],
    ['an unknown field', { then: 'alert(1)' }],
    ['an unknown field of a layer', { model: { input: [2], layers: [{ tag: 'dense', units: 1, path: 'x' }] } }]
  ])('refuses %s', (_, more) => {
    expect(left(parseRunFile(JSON.stringify({ ...starts[0]?.run(), ...more }), members))).toMatch(/expected/)
  })
  test('refuses more digits than the page has', async () => {
    const load = members.readers['mnist']?.load as (source: object) => () => Promise<E.Either<unknown, unknown>>
    expect(E.isLeft(await load({ tag: 'mnist', train: 60_000, test: 1 })())).toBe(true)
  })
  test('changes only the epochs of a stop rule', () => {
    const rule = starts[0]?.run()['stop'] as never
    expect(epochsOf(withEpochs(rule, 7))).toBe(7)
    expect(JSON.stringify(withEpochs(rule, 7))).toContain('lossBelow')
  })
})
