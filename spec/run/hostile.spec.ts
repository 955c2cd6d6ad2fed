/** Run files that are wrong, by mistake or on purpose: each is a Left whose message names the place. The messages are API. */
import { describe, expect, test } from 'vitest'
import { parseRunFile } from '../../src/run/run-file.js'
import { maxDepth } from '../../src/value/codec.js'
import { xor } from './helpers.js'
import { left } from '../support/either.js'

const good = JSON.stringify(xor)
const edit = (fields: object): string => JSON.stringify({ ...xor, ...fields })
const layers = (...ls: readonly unknown[]): string => edit({ model: { input: [2], layers: ls } })
/** for what JSON.stringify would not write */
const put = (from: string, to: string): string => {
  if (!good.includes(from)) throw new Error(`no ${from} in ${good}`)
  return good.replace(from, to)
}
/** layers inside layers */
const nested = (depth: number): string =>
  put('"tanh"', `${'{"tag":"residual","layer":'.repeat(depth)}"relu"${'}'.repeat(depth)}`)

const texts: Readonly<Record<string, string>> = {
  'no text': '',
  'white space': ' \n',
  'a text cut off': good.slice(0, -20),
  'a text cut off in a string': good.slice(0, 10),
  'something after the end': `${good}}`,
  'a comment': `// mine\n${good}`,
  'no record': '[]',
  null: 'null',
  'an empty record': '{}',
  'an unknown field': edit({ epochs: 3 }),
  'an unknown setting': edit({ optimizer: { tag: 'adam', rte: 0.1 } }),
  'an unknown setting of a layer': layers({ tag: 'dense', units: 4, activation: 'relu' }),
  'an unknown loss': edit({ loss: 'crossEntropy2' }),
  'an unknown layer': layers('reluu'),
  'the name of an inherited field': edit({ loss: 'toString' }),
  'a repeated key': put('"batchSize":4', '"batchSize":4,"batchSize":8'),
  'a repeated key further in, written otherwise': put('"units":4', '"units":4,"\\u0075nits":8'),
  'the key __proto__': put('"batchSize":4', '"__proto__":{"batchSize":4}'),
  'the key __proto__ in a layer': put('"units":4', '"units":4,"__proto__":{}'),
  'the key constructor': edit({ constructor: 1 }),
  NaN: put('0.05', 'NaN'),
  'a number beyond all': put('0.05', '1e999'),
  'a number beyond all in the data': put('[0,0]', '[0,1e999]'),
  'a negative rate': put('0.05', '-0.05'),
  'a number as text': put('0.05', '"0.05"'),
  'a size of 0': layers({ tag: 'dense', units: 0 }),
  'a negative size': layers({ tag: 'dense', units: -1 }),
  'a fractional size': layers({ tag: 'dense', units: 1.5 }),
  'a size beyond whole numbers': layers({ tag: 'dense', units: 2 ** 53 }),
  'a fractional batch': edit({ batchSize: 0.5 }),
  'a negative input': edit({ model: { input: [-2], layers: [] } }),
  'a seed beyond 32 bits': edit({ seed: 2 ** 32 }),
  'another contract': edit({ gradfold: 2 }),
  'a share of everything': edit({ split: { tag: 'random', fraction: 1 } }),
  'too many levels': nested(10_000),
  'too many levels of lists': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  'as many levels as text may have': nested(maxDepth - 4),
  'a model of a billion parameters': edit({ model: { input: [10_000], layers: [{ tag: 'dense', units: 100_000 }] } }),
  'a model of sizes whose product no number holds': layers(
    { tag: 'dense', units: Number.MAX_SAFE_INTEGER },
    { tag: 'dense', units: Number.MAX_SAFE_INTEGER }
  ),
  'very many layers': layers(...Array.from({ length: 20_000 }, () => 'relu')),
  'a repetition without end': layers({ tag: 'repeat', times: Number.MAX_SAFE_INTEGER, layer: 'relu' }),
  'layers that do not fit': layers({ tag: 'dense', units: 4 }, { tag: 'reshape', shape: [5] }),
  'layers that do not fit, inside': layers({ tag: 'residual', layer: { tag: 'dense', units: 3 } }),
  'a softmax too many': edit({ loss: 'softmaxCrossEntropy', model: { input: [2], layers: ['softmax'] } }),
  'two outputs': layers({ tag: 'fanOut', layers: ['relu', 'tanh'] })
}

/** the names of members grow */
const masked = (shown: string): string => shown.replace(/(?<=one of )[\w, ]+(?=, got)/, '...')

describe('a hostile run file', () => {
  test.each(Object.entries(texts))('%s', (_, text) => {
    const shown = left(parseRunFile(text))
    expect(shown).toMatch(/^\$/)
    expect(shown.length).toBeLessThan(1000)
    expect(masked(shown)).toMatchSnapshot()
  })
})

test('nothing reaches a prototype', () => {
  expect(({} as Readonly<Record<string, unknown>>)['batchSize']).toBeUndefined()
})
