/** What the compiler says is part of the interface: the same verdicts and sentences under every compiler that users have. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Layer, ParamSpec } from '../../src/layer/definition.js'
import { modelData, type ModelData } from '../../src/layer/model.js'
import { layersOf } from '../../src/layer/combinator/sequential.js'
import { anyLayer, anyDims, networks } from '../../src/laws/networks.js'
import { checkModel } from '../../src/model/model.js'
import { build } from '../../src/model/build.js'
import { showError } from '../../src/value/error.js'
import { isDims, showShape, type Shape } from '../../src/value/shape.js'
import { treeLeaves } from '../../src/value/tree.js'
import { check, compilers, declarations, workspace, type Checked, type Compiler } from './compilers.js'
import { accepted, parameters, prelude, rejected } from './programs.js'
import { searchPrelude, spaces, studies, wrong } from './search.js'
import { reports, trainingPrelude, wrongReports } from './training.js'

// ---- files; one program a line, so that a line number says which program

const file = (lines: readonly string[]): string => `${prelude}${lines.join('\n')}\n`
const firstLine = prelude.split('\n').length
const acceptedFile = file(
  accepted.map(([, code, out]) => `{ const value = ${code}; yes<Exactly<OutputOf<typeof value>, ${out}>>() }`)
)
const parametersFile = file(
  parameters.map(([, code, params]) => `{ const value = ${code}; yes<Exactly<ParamsOf<typeof value>, ${params}>>() }`)
)
const rejectedFile = file(rejected.map(([, code]) => `{ ${code} }`))

// ---- agreement of compiler and program on random layers

const shapeCode = (s: Shape): string =>
  isDims(s) ? `input(${s.join(', ')})` : `inputs(${s.map(shapeCode).join(', ')})`
/** a layer as a constant of the type that its data have; a model inside has to be a checked one */
const code = (u: unknown): string => (isModel(u) ? modelCode(u) : `${data(u)} as const`)
const isModel = (u: unknown): u is ModelData => typeof u === 'object' && u !== null && 'tag' in u && u.tag === 'model'
const data = (u: unknown): string => {
  if (isModel(u)) return modelCode(u)
  if (Array.isArray(u)) return `[${u.map(data).join(', ')}]`
  if (typeof u !== 'object' || u === null) return JSON.stringify(u)
  return `{ ${Object.entries(u)
    .map(([k, v]) => `${k}: ${data(v)}`)
    .join(', ')} }`
}
const modelCode = ({ input, layer }: ModelData): string =>
  `model(${[shapeCode(input), ...layersOf(layer).map(code)].join(', ')})`

/** label paths and shapes of all parameters; a repetition's number is written # */
const flat = (model: ModelData): readonly string[] => {
  const placed = build(model)
  if (E.isLeft(placed)) return []
  const all = treeLeaves<ParamSpec>(placed.right.params).map(([path, p]) => `${path} ${showShape(p.shape)}`)
  return [...new Set(all.map(line => line.replaceAll(/(?<=^|\/)\d+(?=\/)/g, '#')))]
}
const fitting = fc.sample(networks(), { numRuns: 60, seed: 20260101 })
/** networks on an input they are not for, and layers that were made for none; models inside are valid */
const closed = (layer: Layer): boolean =>
  'layers' in layer
    ? layer.layers.every(closed)
    : 'layer' in layer
      ? (layer.tag !== 'model' || E.isRight(checkModel(layer))) && closed(layer.layer)
      : true
const wild = fc.sample(
  fc
    .tuple(
      anyDims,
      fc.oneof(
        anyLayer(),
        networks().map(n => n.model.layer)
      )
    )
    .filter(([, layer]) => closed(layer)),
  { numRuns: 140, seed: 20260102 }
)
const verdict = ([input, layer]: (typeof wild)[number]): string => {
  const placed = build(modelData(input, layer))
  return E.isLeft(placed) ? showError(placed.left) : showShape(placed.right.output)
}
const agreement = `${prelude}
type Said<O> = O extends AnyFail ? Sentence<O> : Show<O>
type Flat<P, At extends string = ''> = { [K in keyof P & (string | number)]: P[K] extends { readonly shape: infer S } ? \`\${At}\${K} \${Show<S>}\` : Flat<P[K], \`\${At}\${number extends K ? '#' : K}/\`> }[keyof P & (string | number)]
${fitting
  .map(({ model, output }, i) => {
    const params = flat(model).map(line => JSON.stringify(line))
    return `const m${i} = ${modelCode(model)}; yes<Exactly<[Show<OutputOf<typeof m${i}>>, Flat<ParamsOf<typeof m${i}>>], [${JSON.stringify(showShape(output))}, ${params.length === 0 ? 'never' : params.join(' | ')}]>>()`
  })
  .join('\n')}
${wild.map(([input, layer], i) => `const l${i} = ${code(layer)}; yes<Exactly<Said<Series<Body<typeof l${i}>, [${input.join(', ')}]>>, ${JSON.stringify(verdict([input, layer]))}>>()`).join('\n')}
`

// ---- arithmetic on literal types

const nat = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 999 }), fc.nat({ max: 99_999 }))
const sums = fc.sample(fc.tuple(nat, nat), { numRuns: 40, seed: 20260103 }).flatMap(([a, b]) => {
  const divisor = (b % 999) + 1
  const difference = a < b ? 'never' : `${a - b}`
  return [
    `Add<${a}, ${b}>, ${a + b}`,
    `Mul<${a}, ${b}>, ${a * b}`,
    `Sub<${a}, ${b}>, ${difference}`,
    `Div<${a}, ${divisor}>, ${Math.floor(a / divisor)}`
  ]
})
const arithmetic = `${prelude}import type { Add, Div, Mul, Product, Sub } from '../gradfold/layer/types/nat.js'
${sums.map(line => `yes<Exactly<${line}>>()`).join('\n')}
yes<Exactly<[Product<[]>, Product<[224, 224, 3]>, Product<[2, number]>, Add<number, 1>], [1, 150528, number, number]>>()
`

// ---- a kind of a user's own

const ownKind = `${prelude}
interface Scale { readonly tag: 'scale' }
interface Wrap<B extends Layer = Layer> { readonly tag: 'wrap'; readonly layer: B }
type AnyWrap = Wrap
declare module 'gradfold' {
  interface Layers { readonly scale: Scale; readonly wrap: AnyWrap }
  interface ShapeRules<L, In> {
    readonly scale: In extends readonly [number] ? In : import('gradfold/extend').Fail<'a flat input [n]', Show<In>>
    readonly wrap: L extends Wrap<infer B> ? Series<Body<B>, In> : never
  }
  interface ParamRules<L, In> { readonly scale: In extends readonly [infer N extends number] ? { readonly factor: Tensor<[N]> } : never }
}
declare const scale: Scale
declare const wrap: <const B extends Layer>(layer: B) => Wrap<B>
const ok = model(input(3), dense(4), scale, wrap(sequential(dense(5), scale)))
yes<Exactly<[OutputOf<typeof ok>, ParamsOf<typeof ok>['scale']['factor']], [[5], Tensor<[4]>]>>()
model(input(3, 4), wrap(scale), flatten)
`

// ---- spaces and studies

const searchLines = searchPrelude.split('\n').length
const searchFile = `${searchPrelude}${[
  ...spaces.map(([, code, type]) => `{ const s = ${code}; yes<Exactly<SettingsOf<typeof s>, ${type}>>() }`),
  ...studies.map(code => `{ ${code} }`)
].join('\n')}\n`
const wrongSearchFile = `${searchPrelude}${wrong.map(([, code]) => `{ ${code} }`).join('\n')}\n`

// ---- reports of trainings

const trainingLines = trainingPrelude.split('\n').length
const trainingFile = `${trainingPrelude}${reports.join('\n')}\n`
const wrongTrainingFile = `${trainingPrelude}${wrongReports.map(([, code]) => `{ ${code} }`).join('\n')}\n`

const cost = (layers: number): string => {
  const list = Array.from({ length: layers / 2 }, (_, i) => `dense(${i + 1}), relu`).join(', ')
  return `import { model, input, dense, relu, type ParamsOf } from 'gradfold'\nconst m = model(input(784), ${list})\ndeclare const p: ParamsOf<typeof m>\nexport const shape = p.dense.weight.shape\n`
}

// one run of each compiler takes seconds; this bound is for a machine that many share
const patience = 600_000
/** what must hold under each of some compilers */
export const holdsUnder = (...which: readonly Compiler[]): void => {
  const results = new Map<Compiler, { readonly all: Checked; readonly cost: number }>()
  beforeAll(() => {
    const library = workspace(`types-${which.join('-')}`)
    declarations(library)
    const files = {
      'accepted.ts': acceptedFile,
      'parameters.ts': parametersFile,
      'rejected.ts': rejectedFile,
      'agreement.ts': agreement,
      'arithmetic.ts': arithmetic,
      'own.ts': ownKind,
      'search.ts': searchFile,
      'wrong-search.ts': wrongSearchFile,
      'training.ts': trainingFile,
      'wrong-training.ts': wrongTrainingFile
    }
    for (const compiler of which) {
      results.set(compiler, {
        all: check(compiler, library, files),
        cost: check(compiler, library, { 'cost.ts': cost(50) }).instantiations
      })
    }
  }, patience)
  const errorsOf = (compiler: Compiler, name: string): Checked['errors'] =>
    results.get(compiler)?.all.errors.filter(e => e.file === name) ?? []

  test('the layers compared are of both sorts', () => {
    const said = wild.map(verdict)
    expect(said.filter(v => v.startsWith('[')).length).toBeGreaterThan(20)
    expect(said.filter(v => v.includes('expected')).length).toBeGreaterThan(50)
  })

  describe.each(which.map(compiler => [compilers[compiler], compiler] as const))('%s', (_, compiler) => {
    test(`accepts ${accepted.length} programs`, () => expect(errorsOf(compiler, 'accepted.ts')).toEqual([]))
    test(`knows the parameters of ${parameters.length} models`, () =>
      expect(errorsOf(compiler, 'parameters.ts')).toEqual([]))
    test(`rejects ${rejected.length} programs, each where it is wrong, in these words`, async () => {
      const lines = rejectedFile.split('\n')
      const said = rejected.map(([name, program], i) => {
        const error = errorsOf(compiler, 'rejected.ts').find(e => e.line === i + firstLine)
        const at = error === undefined ? '' : (lines[error.line - 1] as string).slice(error.column - 1, -2)
        return `${name}\n  ${program}\n  at ${at}\n  ${error?.message ?? 'accepted'}\n`
      })
      await expect(said.join('\n')).toMatchFileSnapshot('./messages.txt')
    })
    test(`says of ${fitting.length + wild.length} random layers what the program says`, () =>
      expect(errorsOf(compiler, 'agreement.ts')).toEqual([]))
    test(`computes ${sums.length} sums`, () => expect(errorsOf(compiler, 'arithmetic.ts')).toEqual([]))
    test('types layer kinds of users', () =>
      expect(errorsOf(compiler, 'own.ts').map(e => e.message)).toEqual([
        `TS2345: Argument of type 'Wrap<Scale>' is not assignable to parameter of type '"wrap/scale: expected a flat input [n], got [3, 4]"'.`
      ]))
    test(`knows the settings of ${spaces.length} spaces and ${studies.length} studies`, () =>
      expect(errorsOf(compiler, 'search.ts')).toEqual([]))
    test.each(wrong.map(([name], i) => [name, i] as const))('rejects %s', (_, i) =>
      expect(errorsOf(compiler, 'wrong-search.ts').filter(e => e.line === i + searchLines)).not.toEqual([])
    )
    test(`knows what ${reports.length} trainings report`, () => expect(errorsOf(compiler, 'training.ts')).toEqual([]))
    test.each(wrongReports.map(([name], i) => [name, i] as const))('rejects %s', (_, i) =>
      expect(errorsOf(compiler, 'wrong-training.ts').filter(e => e.line === i + trainingLines)).not.toEqual([])
    )
    // cost.md has what was measured
    test('takes few instantiations for 50 layers and their parameters', () => {
      expect(results.get(compiler)?.cost).toBeGreaterThan(1000)
      expect(results.get(compiler)?.cost).toBeLessThan(30_000)
    })
  })
}
