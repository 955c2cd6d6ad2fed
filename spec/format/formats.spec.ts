/** The family of file formats: a custom one, of two files and with the network in it, is used wherever weights are saved and loaded. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { builtIn, extend } from 'gradfold'
import { decodeModel, encodeModel, oneOf, withDefault } from 'gradfold/codec'
import type { FormatDefinition } from 'gradfold/extend'
import { formatLaws } from 'gradfold/laws'
import { afterAll, describe, expect, test } from 'vitest'
import { formatOfPath, readAs, writeAs } from '../../src/format/formats.js'
import { decodeSafetensors, encodeSafetensors, safetensors } from '../../src/format/safetensors.js'
import { encodeWeights, encodeWeightsAs, loadWeights, saveWeights } from '../../src/run/weights.js'
import { decodeError } from '../../src/value/error.js'
import { utf8 } from '../../src/value/text.js'
import { filledTensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { net, stateAfter } from '../run/small.js'

/** a text with the network and the name of the file beside it that holds the numbers */
interface Pair {
  readonly tag: 'pair'
  readonly ending?: 'bin' | 'dat'
}
const parsed = (bytes: Uint8Array): E.Either<ReturnType<typeof decodeError>, { weights: string; model: unknown }> =>
  E.tryCatch(
    () => {
      const { weights, model } = JSON.parse(new TextDecoder().decode(bytes)) as { weights: unknown; model: unknown }
      if (typeof weights !== 'string') throw new Error('no name')
      return { weights, model }
    },
    () => decodeError(['pair'], 'a text that names a file', 'another')
  )
const pair: FormatDefinition<Pair> = {
  tag: 'pair',
  fields: () => ({ ending: withDefault(oneOf('bin', 'dat'), 'bin' as const) }),
  extensions: ['.pair.json'],
  holds: { dtypes: ['f32'], metadata: false, model: 'always' },
  write: ({ ending = 'bin' }, { tensors, model }, { name }) =>
    pipe(
      encodeSafetensors(tensors),
      E.map(bytes => {
        const weights = `${name}.${ending}`
        const text = JSON.stringify({ weights, model: model && encodeModel(model) })
        return { parts: [utf8(text)], beside: { [weights]: [bytes] } }
      })
    ),
  besides: bytes =>
    pipe(
      parsed(bytes),
      E.map(({ weights }) => [weights])
    ),
  read: (bytes, { beside, limits, registry }) =>
    pipe(
      parsed(bytes),
      E.bindTo('text'),
      E.bind('model', ({ text: { model } }) =>
        pipe(
          decodeModel(model, registry),
          E.mapLeft(e => decodeError(['pair', 'model'], e.expected, e.got))
        )
      ),
      E.bind('file', ({ text: { weights } }) => decodeSafetensors(beside[weights] ?? new Uint8Array(), limits)),
      E.map(({ model, file: { tensors } }) => ({ tensors, metadata: {}, model }))
    ),
  samples: [
    { tag: 'pair', ending: 'bin' },
    { tag: 'pair', ending: 'dat' }
  ] as readonly Pair[]
}
const registry = extend(builtIn, { formats: [pair as unknown as FormatDefinition] })

const folder = mkdtempSync(join(tmpdir(), 'gradfold-formats-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const state = stateAfter(7)
const { params, layers } = state

describe('a custom format', () => {
  for (const { name, property } of formatLaws(pair)) test(name, () => fc.assert(property, { numRuns: 5 }))

  test('is chosen by the name of the file, and its files come back to the bit', async () => {
    const path = join(folder, 'net.pair.json')
    right(await saveWeights(path, { registry, model: net })(state)())
    expect(readdirSync(folder).sort()).toEqual(['net.pair.bin', 'net.pair.json'])
    expect(await loadWeights(net, { registry })(path)()).toEqual(E.right({ params, layers }))
  })
  test('is chosen by the option, whatever the name of the file', async () => {
    const path = join(folder, 'any.safetensors')
    right(await saveWeights(path, { registry, model: net, format: { tag: 'pair', ending: 'dat' } as Pair })(state)())
    expect(readdirSync(folder)).toContain('any.dat')
    expect(await loadWeights(net, { registry, format: { tag: 'pair' } })(path)()).toEqual(E.right({ params, layers }))
  })
  test.each(['../net.bin', '/etc/hostname', '..', 'a\\b', ''])(
    'reads no file beside it that is called %j',
    async name => {
      const path = join(folder, 'hostile.pair.json')
      writeFileSync(path, JSON.stringify({ weights: name, model: encodeModel(net) }))
      expect(left(await loadWeights(net, { registry })(path)())).toBe(
        `${path}: expected the name of a file in the same folder, got ${JSON.stringify(name)}`
      )
    }
  )
  test('that needs the network says so where it is not given', () =>
    expect(left(encodeWeightsAs({ tag: 'pair' }, { registry })(state))).toBe(
      'pair/model: expected the model that the tensors are of, got nothing; pass it as the option model'
    ))
})

describe('the format of a file', () => {
  test('is what its name says; of several endings the longest counts', () => {
    const short = { ...pair, tag: 'short', extensions: ['.json'] } as unknown as FormatDefinition
    const more = extend(registry, { formats: [short] })
    expect(formatOfPath('a/b.SafeTensors')).toEqual({ tag: 'safetensors' })
    expect(formatOfPath('a/b.pair.json', more)).toEqual({ tag: 'pair' })
    expect(formatOfPath('a/b.json', more)).toEqual({ tag: 'short' })
    expect(formatOfPath('a/b.json')).toBeUndefined()
  })
  test('is safetensors where the name says nothing, with the bytes of encodeWeights', async () => {
    const path = join(folder, 'weights.bin')
    right(await saveWeights(path)(state)())
    expect(new Uint8Array(readFileSync(path))).toEqual(right(encodeWeights(state)))
  })
  test('must be one that the registry has', () => {
    const said =
      'format: expected one of safetensors, got npz; to use a custom one, add its definition to the registry you pass'
    expect(left(writeAs({ tag: 'npz' })({ tensors: {}, metadata: {} }))).toBe(said)
    expect(left(readAs({ tag: 'npz' })(new Uint8Array()))).toBe(said)
  })
  test('has settings in range', () =>
    expect(left(writeAs({ tag: 'pair', ending: 'exe' } as never, { registry })({ tensors: {}, metadata: {} }))).toBe(
      'format/ending: expected one of bin, dat, got "exe"'
    ))
  test('holds what it says, and refuses the rest by name', () => {
    const content = { tensors: { a: filledTensor('f64', [1], 0) }, metadata: {} }
    expect(left(writeAs({ tag: 'pair' }, { registry })(content))).toBe(
      'pair/a: expected one of f32, got f64; convert it before, or save as safetensors'
    )
    expect(left(writeAs(safetensors)({ tensors: {}, metadata: {}, model: net }))).toBe(
      'safetensors/model: expected no model, which the format cannot hold, got a model'
    )
  })
})
