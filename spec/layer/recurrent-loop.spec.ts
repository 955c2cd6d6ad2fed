/** Recurrent layers as loops: the bits of the same layer whose steps are written out, laws of layers, size, and what is refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type Backend } from '../../src/backend/backend.js'
import { compile } from '../../src/backend/kernel/compile.js'
import { reference } from '../../src/backend/reference/reference.js'
import { emitModule } from '../../src/backend/wasm/emit/module.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { input, mul, total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import { topological, type Expr } from '../../src/expr/op.js'
import { program } from '../../src/expr/program.js'
import { layerLaws } from '../../src/laws/index.js'
import { modelData } from '../../src/layer/model.js'
import { gru, gruDefinition } from '../../src/layer/recurrent/gru.js'
import { lstm, lstmDefinition } from '../../src/layer/recurrent/lstm.js'
import type { InitialState, Outputs, RecurrentSettings } from '../../src/layer/recurrent/recurrence.js'
import { simpleRnn } from '../../src/layer/recurrent/simple-rnn.js'
import {
  adam,
  dataset,
  dense,
  epochs,
  fanOut,
  flatten,
  input as modelInput,
  meanSquaredError,
  mergeAdd,
  model,
  residual,
  train,
  wasmThreads
} from '../../src/index.js'
import { build } from '../../src/model/build.js'
import { initFrom } from '../../src/model/init.js'
import { childKey, rootKey } from '../../src/random/index.js'
import { allocate, numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { mapTree, treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'

type Settings = RecurrentSettings<Outputs, boolean, InitialState>
const [n, units, features] = [3, 2, 2]
const kinds = {
  simpleRnn: (s: Settings) => simpleRnn(units, s),
  lstm: (s: Settings) => lstm(units, s),
  gru: (s: Settings) => gru(units, s),
  before: (s: Settings) => gru(units, { ...s, reset: 'before' })
} as const
type Kind = keyof typeof kinds

/** numbers between -1 and 1 whose products round */
const numbers = (shape: readonly number[], seed: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensorView(
    'f32',
    shape,
    allocate(
      'f32',
      Array.from({ length: size }, (_, i) => (((i + 1) * (seed * 2 + 7919)) % 1009) / 504.5 - 1)
    )
  )
}
interface Network {
  readonly outputs: Readonly<Record<string, Expr>>
  readonly values: Readonly<Record<string, Tensor>>
}
/** the value of a layer and all gradients of a weighed sum of it */
const network = (kind: Kind, steps: number, settings: Settings): Network => {
  const layer = kinds[kind](settings)
  const states = settings.initialState === 'given' ? (kind === 'lstm' ? 2 : 1) : 0
  const further = [...(settings.lengths === true ? [[1]] : []), ...Array.from({ length: states }, () => [units])]
  const shapes = [[steps, features], ...further]
  const placed = right(build(modelData(shapes.length === 1 ? [steps, features] : shapes, layer), undefined, 'f32'))
  const params = initFrom(placed, childKey(rootKey(1), 'init'))
  const given: Record<string, Tensor> = Object.fromEntries(treeLeaves<Tensor>(params, 'params'))
  const xs = shapes.map((shape, i) => {
    const isLength = settings.lengths === true && i === 1
    given[`x${i}`] = isLength
      ? tensorView('f32', [n, 1], allocate('f32', [0, steps, Math.ceil(steps / 2)]))
      : numbers([n, ...shape], i)
    return input(`x${i}`, 'f32', [n, ...shape])
  })
  const p = mapTree<Tensor, Expr>((t, path) => input(path, t.dtype, t.shape))(params, 'params') as Branch<Expr>
  const k = input('key', 'u32', [2])
  given['key'] = tensorView('u32', [2], Uint32Array.from([3, 4]))
  const context = { params: p, state: {}, shared: {}, training: true, sampling: false, key: k, path: '' }
  const y = placed.apply(context, xs.length === 1 ? (xs[0] as Expr) : xs).value as Expr
  const weights = input('weights', 'f32', y.shape)
  given['weights'] = numbers(y.shape, 9)
  const wrt = [...treeLeaves<Expr>(p, 'params').map(([, e]) => e), ...xs.filter((_, i) => i !== 1 || !settings.lengths)]
  const made = gradients(total(mul(y, weights)), wrt)
  return { outputs: { y, ...Object.fromEntries(made.map((g, i) => [`gradient/${i}`, g])) }, values: given }
}
const bitsOn = (backend: Backend, { outputs, values }: Network) => {
  const used = new Set(topological(Object.values(outputs)).flatMap(e => (e.op === 'input' ? [e.attrs.name] : [])))
  const fed = Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)))
  return Object.entries(right(evaluate(backend)(outputs, fed))).map(([name, t]) => [
    name,
    Array.from(numbersOf(t), x => (Object.is(x, -0) ? '-0' : String(x)))
  ])
}

const forms = (['last', 'all'] as const).flatMap(outputs =>
  (['forward', 'backward'] as const).flatMap(direction =>
    [false, true].flatMap(lengths =>
      (['zeros', 'given'] as const).map(initialState => ({
        outputs,
        direction,
        lengths,
        initialState,
        recurrentDropout: lengths === (initialState === 'given') ? 0 : 0.4
      }))
    )
  )
)
describe('a recurrent layer as a loop', () => {
  for (const kind of Object.keys(kinds) as readonly Kind[])
    test(`has the bits of its steps written out, values and gradients, in all forms (${kind})`, () => {
      for (const form of forms) {
        const [written, loop] = [network(kind, 4, form), network(kind, 4, { ...form, loop: 'store' })]
        expect([form, bitsOn(reference, loop)]).toEqual([form, bitsOn(reference, written)])
      }
    })
  test('has the same bits with one step, where its gradient computes steps again, and compiled', () => {
    for (const kind of Object.keys(kinds) as readonly Kind[])
      for (const [steps, backend] of [
        [1, reference],
        [5, reference],
        [5, wasm]
      ] as const) {
        const form = { outputs: 'all', direction: 'backward', initialState: 'given', lengths: true } as const
        const [written, loop] = [network(kind, steps, form), network(kind, steps, { ...form, loop: 'recompute' })]
        expect([kind, steps, bitsOn(backend, loop)]).toEqual([kind, steps, bitsOn(reference, written)])
      }
  })
  test('is a program whose size does not depend on the number of steps', () => {
    const bytes = (steps: number): number => {
      const { parts } = compile({ programs: [right(program(network('lstm', steps, { loop: 'store' }).outputs))] })
      return (parts[0]?.[0] ?? []).reduce((sum, part) => sum + emitModule(part).bytes.length, 0)
    }
    expect(Math.abs(bytes(300) - bytes(6))).toBeLessThan(300)
  })
  const refused = (loop: unknown) => build(modelData([3, 2], lstm(2, { loop } as never)))
  test('refuses other ways to loop', () => {
    for (const loop of ['unroll', true, null, {}]) expect(left(refused(loop))).toMatch('store')
  })
})

describe('a network of recurrent layers as loops', () => {
  const [steps, examples] = [5, 12]
  const data = right(dataset({ x: numbers([examples, steps, features], 3), y: numbers([examples, 1], 5) }))
  type Loop = RecurrentSettings<'all', false, 'zeros'>['loop']
  const networks = {
    'one after the other': (loop: Loop) =>
      model(modelInput(5, 2), gru(3, { outputs: 'all', ...only(loop) }), lstm(2, only(loop)), dense(1)),
    'with shortcuts': (loop: Loop) =>
      model(
        modelInput(5, 2),
        residual(lstm(2, { outputs: 'all', ...only(loop) })),
        residual(gru(2, { outputs: 'all', direction: 'backward', ...only(loop) })),
        flatten,
        dense(1)
      ),
    'side by side': (loop: Loop) =>
      model(
        modelInput(5, 2),
        fanOut(
          gru(2, { outputs: 'all', recurrentDropout: 0.3, ...only(loop) }),
          lstm(2, { outputs: 'all', direction: 'backward', ...only(loop) }),
          simpleRnn(2, { outputs: 'all', ...only(loop) })
        ),
        mergeAdd,
        flatten,
        dense(1)
      )
  }
  const only = (loop: Loop) => (loop === undefined ? {} : { loop })
  test.each(Object.entries(networks))('trains to the bits of steps written out: %s', (_, of) => {
    const after = (loop: Loop, threads: number) =>
      right(
        train(
          { model: of(loop), loss: meanSquaredError, optimizer: adam(0.01), batchSize: 4, stop: epochs(2) },
          { backend: wasmThreads(threads) }
        )(data)
      ).state.params
    const written = after(undefined, 1)
    for (const loop of ['store', 'recompute'] as const)
      for (const threads of [1, 2]) expect(after(loop, threads)).toEqual(written)
  })
})

describe('recurrent layers as loops obey the laws of layers', () => {
  for (const [definition, sample] of [
    [lstmDefinition, { layer: lstm(2, { loop: 'recompute', direction: 'backward' }), input: [5, 1] }],
    [gruDefinition, { layer: gru(2, { loop: 'store', lengths: true }), input: [[3, 1], [1]] }]
  ] as const)
    for (const { name, property } of layerLaws({ ...definition, samples: [sample] }))
      test(`${name} (${definition.show(sample.layer as never)})`, () => fc.assert(property, { numRuns: 2 }))
})
