/** Spaces whose types must say the settings, and studies that must not compile. */

export const searchPrelude = `import * as E from 'fp-ts/lib/Either.js'
import { adam, dense, epochs, input, model, modelData, relu, sgd, softmaxCrossEntropy } from 'gradfold'
import {
  boolean, choice, integer, iris, logInteger, logUniform, narrow, ordered, plan, space, study, uniform, defaultNarrowing, variants,
  type SettingsOf, type Trial
} from 'gradfold/search'
type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare const yes: <T extends true>() => T
`

/** name, a space, the type of its settings */
export const spaces: readonly (readonly [name: string, code: string, settings: string])[] = [
  ['ranges', 'space({ a: uniform(0, 1), b: logUniform(1, 2) })', '{ readonly a: number; readonly b: number }'],
  ['whole numbers', 'space({ a: integer(0, 1), b: logInteger(1, 2) })', '{ readonly a: number; readonly b: number }'],
  ['words', "space({ fn: choice('relu', 'tanh') })", "{ readonly fn: 'relu' | 'tanh' }"],
  ['numbers to choose from', 'space({ units: choice(16, 32) })', '{ readonly units: 16 | 32 }'],
  [
    'lists to choose from',
    'space({ units: choice([8], [8, 4]) })',
    '{ readonly units: readonly [8] | readonly [8, 4] }'
  ],
  ['yes or no', 'space({ on: boolean() })', '{ readonly on: boolean }'],
  [
    'variants',
    'space({ o: variants({ sgd: { rate: uniform(0, 1) }, none: {} }) })',
    "{ readonly o: { readonly tag: 'sgd'; readonly rate: number } | { readonly tag: 'none' } }"
  ],
  [
    'variants in variants',
    "space({ o: variants({ a: { p: variants({ b: { x: choice('y') } }) } }) })",
    "{ readonly o: { readonly tag: 'a'; readonly p: { readonly tag: 'b'; readonly x: 'y' } } }"
  ],
  [
    'constraints',
    "space({ a: integer(0, 1), b: integer(0, 1) }, ordered('a', 'b'))",
    '{ readonly a: number; readonly b: number }'
  ],
  [
    'constraints on parts of variants',
    "space({ a: integer(0, 1), o: variants({ v: { n: integer(0, 1) } }) }, ordered('a', 'o/v/n'))",
    "{ readonly a: number; readonly o: { readonly tag: 'v'; readonly n: number } }"
  ],
  [
    'a narrowed space',
    "narrow(space({ a: uniform(0, 1), fn: choice('x', 'y') }), [], defaultNarrowing).space",
    "{ readonly a: number; readonly fn: 'x' | 'y' }"
  ]
]

const run = 'data: iris(), loss: softmaxCrossEntropy, stop: epochs(1)'
/** programs that compile: a study knows its settings everywhere */
export const studies: readonly string[] = [
  `const s = study({ space: space({ rate: uniform(0, 1), units: choice(4, 8) }), budget: 2, run: ({ rate, units }) => ({ ${run}, model: modelData(input(4), dense(units), relu, dense(3)), optimizer: adam(rate) }) }); const p = plan(s, []); if (E.isRight(p)) for (const job of p.right.jobs) yes<Exactly<typeof job.settings, { readonly rate: number; readonly units: 4 | 8 }>>()`,
  `study({ space: space({ o: variants({ sgd: { rate: uniform(0, 1) }, adam: { step: uniform(0, 1) } }) }), budget: 2, run: ({ o }) => ({ ${run}, model: model(input(4), dense(3)), optimizer: o.tag === 'sgd' ? sgd(o.rate) : adam(o.step) }) })`
]

/** programs that must not compile */
export const wrong: readonly (readonly [name: string, code: string])[] = [
  ['a constraint on what is not there', "space({ a: integer(0, 1) }, ordered('a', 'b'))"],
  ['a constraint on what is no number', "space({ a: integer(0, 1), fn: choice('x') }, ordered('a', 'fn'))"],
  ['a range without its end', 'space({ a: uniform(0) })'],
  ['a choice of functions', 'space({ fn: choice(() => 1) })'],
  [
    'a run with a setting that the space has not',
    `study({ space: space({ rate: uniform(0, 1) }), budget: 2, run: ({ step }) => ({ ${run}, model: model(input(4), dense(3)), optimizer: adam(step) }) })`
  ],
  [
    'a word where a number belongs',
    `study({ space: space({ rate: choice('low') }), budget: 2, run: ({ rate }) => ({ ${run}, model: model(input(4), dense(3)), optimizer: adam(rate) }) })`
  ],
  [
    'a part of another variant',
    `study({ space: space({ o: variants({ sgd: { rate: uniform(0, 1) }, adam: {} }) }), budget: 2, run: ({ o }) => ({ ${run}, model: model(input(4), dense(3)), optimizer: adam(o.rate) }) })`
  ],
  ['trials of another space', 'narrow(space({ a: uniform(0, 1) }), [{ index: 0 }], defaultNarrowing)'],
  [
    'no budget',
    `study({ space: space({ rate: uniform(0, 1) }), run: () => ({ ${run}, model: model(input(4), dense(3)), optimizer: adam() }) })`
  ]
]
