/** Members of a user's own: a sound one obeys all laws, and one broken on purpose is caught by the law that is about it. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import {
  expr,
  builtIn,
  type Context,
  type Dims,
  type Expr,
  type LayerDefinition,
  type Loss,
  type Metric,
  type Optimizer,
  type Schedule,
  type StopRule
} from 'gradfold'
import {
  paramOf,
  shapeError,
  tensorOf,
  type ActivationDefinition,
  type InitializerDefinition,
  type LossDefinition,
  type MetricDefinition,
  type OptimizerDefinition,
  type ScheduleDefinition,
  type StopDefinition
} from 'gradfold/extend'
import { finite, refined } from 'gradfold/codec'
import {
  activationLaws,
  initializerLaws,
  layerLaws,
  lossLaws,
  metricLaws,
  optimizerLaws,
  scheduleLaws,
  stopLaws,
  type Law
} from 'gradfold/laws'
import { describe, expect, it } from 'vitest'

const outcome = (laws: readonly Law[], which: string) => {
  const found = laws.find(({ name }) => name.endsWith(`: ${which}`))
  if (found === undefined) throw new Error(`no law ${which} among ${laws.map(l => l.name).join(', ')}`)
  return fc.check(found.property, { numRuns: 60 })
}
/** the law fails, and says why in words that hold these */
const caught = (laws: readonly Law[], which: string, words: string): void => {
  const r = outcome(laws, which)
  expect(r.failed, which).toBe(true)
  expect(fc.stringify(r.counterexample)).toContain(words)
}
const sound = (laws: readonly Law[]): void => {
  for (const { name, property } of laws) it(name, () => fc.assert(property, { numRuns: 3 }))
}
/** what pure functions never do: another number each time */
const counter = (): (() => number) => {
  let n = 0
  return () => ++n
}

// ---- layers

interface Gain {
  readonly tag: 'gain'
  readonly by: number
}
declare module 'gradfold' {
  interface Layers {
    readonly gain: Gain
  }
}
type Formula = (x: Expr, factor: Expr, context: Context) => Expr
const placed =
  (formula: Formula, output: (input: Dims) => Dims = d => d): LayerDefinition<Gain>['place'] =>
  ({ by }, input, { dtype }) => {
    const n = input.at(-1)
    if (typeof n !== 'number') return E.left(shapeError([], 'a last axis', JSON.stringify(input)))
    return E.right({
      output: output(input as Dims),
      params: { factor: { dtype, shape: [n], initializer: 'ones', fan: { in: 1, out: 1 } } },
      state: {},
      shared: {},
      rows: [],
      apply: (context, x) => ({
        value: formula(expr.mul(tensorOf(x), by), paramOf(context)('factor'), context),
        state: {},
        seen: []
      })
    })
  }
const gain: LayerDefinition<Gain> = {
  tag: 'gain',
  fields: () => ({ by: finite }),
  show: ({ by }) => `gain ${by}`,
  place: placed((x, factor) => expr.mul(x, factor)),
  samples: [{ layer: { tag: 'gain', by: 3 }, input: [2, 3] }]
}
const lawsOfGain = (change: Partial<LayerDefinition<Gain>>): readonly Law[] => layerLaws({ ...gain, ...change })
const computing = (formula: Formula): readonly Law[] => lawsOfGain({ place: placed(formula) })

describe('a layer', () => {
  sound(layerLaws(gain))
  it('with a shape rule that is wrong', () => {
    const rows = placed(
      (x, factor) => expr.sum(expr.mul(x, factor), [2]),
      d => d.slice(0, -1)
    )
    caught(lawsOfGain({ place: rows }), 'shape', 'as its definition declares')
  })
  it('whose gradient is that of something else', () => {
    caught(
      computing((x, factor) => expr.mul(expr.mul(x, expr.stopGradient(x)), factor)),
      'gradient',
      'the gradient is off'
    )
  })
  it('that is not pure', () => {
    const next = counter()
    const laws = computing((x, factor) => expr.mul(expr.mul(x, next()), factor))
    caught(laws, 'purity', 'output 0[0] is')
    caught(laws, 'resume', 'is')
  })
  it('whose codec loses digits, or takes any field', () => {
    const whole = refined('a number', (u): u is number => typeof u === 'number')
    const rounding = { ...whole, encode: (n: number) => Math.round(n / 2) } as typeof whole
    caught(lawsOfGain({ fields: () => ({ by: rounding }) }), 'json', 'reads back as')
  })
  it('that draws in inference', () => {
    const noise = (x: Expr, { key }: Context): Expr => expr.cast(expr.random(key, 'uniform', x.shape), x.dtype)
    caught(
      computing((x, factor, context) => expr.mul(expr.add(x, noise(x, context)), factor)),
      'inference',
      'depends on the key'
    )
  })
  it('that does something else in inference for no reason', () => {
    caught(
      computing((x, factor, { training }) => expr.mul(x, training ? factor : expr.mul(factor, 2))),
      'inference',
      'output 0[0] is'
    )
  })
  it('that looks at the whole batch in inference', () => {
    caught(
      computing((x, factor) => expr.mul(expr.sub(x, expr.mean(x, [0])), factor)),
      'independence',
      'output 0[0] is'
    )
  })
  it('without samples, or with one that does not fit', () => {
    caught(lawsOfGain({ samples: [] }), 'gradient', 'no samples')
    caught(lawsOfGain({ samples: [{ layer: { tag: 'gain', by: 1 }, input: [] }] }), 'shape', 'expected a last axis')
  })
})

// ---- activations and initializers

describe('an activation', () => {
  const cube: ActivationDefinition = {
    tag: 'cube',
    fields: () => ({}),
    along: 'each',
    formula: x => expr.mul(x, expr.mul(x, x)),
    tex: 'x^3',
    kinks: []
  }
  sound(activationLaws(cube))
  const broken = (change: Partial<ActivationDefinition>): readonly Law[] => activationLaws({ ...cube, ...change })
  it('with a kink that it does not mention', () => {
    caught(broken({ formula: expr.abs }), 'kinks', 'the slope jumps from')
    caught(broken({ formula: x => expr.floor(x) }), 'kinks', 'the value jumps from')
    expect(outcome(broken({ formula: expr.abs, kinks: [0] }), 'kinks').failed).toBe(false)
  })
  it('that overflows, or whose slope does', () => {
    caught(broken({ formula: expr.exp }), 'finite', 'y[')
    caught(broken({ formula: x => expr.sqrt(expr.abs(x)) }), 'finite', 'slope[')
  })
  it('that looks at its neighbours', () => {
    caught(broken({ formula: expr.softmax }), 'alone', 'y[0] is')
    expect(outcome(broken({ formula: expr.softmax, along: 'lastAxis' }), 'alone').failed).toBe(false)
  })
  it('whose probabilities are none', () => {
    caught(broken({ formula: expr.tanh, gives: 'probabilities' }), 'probabilities', 'is no probability')
    caught(broken({ formula: expr.sigmoid, along: 'lastAxis', gives: 'probabilities' }), 'probabilities', 'add up to')
  })
})

describe('an initializer', () => {
  const near: InitializerDefinition = {
    tag: 'near',
    fields: () => ({ value: finite }),
    draw: ({ shape, settings }) =>
      new Float32Array(shape.reduce((a, b) => a * b, 1)).fill((settings as { readonly value: number }).value),
    samples: [{ value: 0.5 }]
  }
  sound(initializerLaws(near))
  const drawing = (draw: InitializerDefinition['draw']): readonly Law[] => initializerLaws({ ...near, draw })
  it('that is not pure, not finite, or not of the shape asked for', () => {
    const next = counter()
    const always = new Float32Array(6 ** 4)
    caught(
      drawing(wanted => near.draw(wanted).fill(next())),
      'determinism',
      'draw[0] is'
    )
    caught(
      drawing(({ shape }) =>
        always.subarray(
          0,
          shape.reduce((a, b) => a * b, 1)
        )
      ),
      'determinism',
      'share'
    )
    caught(
      drawing(wanted => near.draw(wanted).map(() => 1 / 0)),
      'finite',
      'draw[0] is Infinity'
    )
    caught(
      drawing(({ shape }) => new Float32Array(shape.length)),
      'shape',
      'numbers, not'
    )
  })
  it('with settings but no samples', () => {
    const silent: InitializerDefinition = {
      tag: 'near',
      fields: () => ({ value: finite }),
      draw: wanted => near.draw(wanted)
    }
    caught(initializerLaws(silent), 'json', 'no samples')
  })
})

// ---- losses and metrics

describe('a loss', () => {
  const base = builtIn.losses['meanSquaredError'] as LossDefinition<Loss>
  const computing = (formula: LossDefinition<Loss>['formula']): readonly Law[] => lossLaws({ ...base, formula })
  const squares = (y: Expr, t: Expr): Expr => expr.square(expr.sub(y, t))
  const each = (x: Expr): Expr => expr.reshape(expr.sum(x, [...x.shape.keys()].slice(1)), x.shape.slice(0, 1))
  it('of the whole batch instead of each example', () => {
    caught(
      computing((_, y, t) => expr.total(squares(y, t))),
      'shape',
      'it takes outputs of none of the shapes'
    )
  })
  it('that mixes examples', () => {
    caught(
      computing((_, y, t) => each(squares(expr.sub(y, expr.mean(y, [0])), t))),
      'independence',
      'loss[0] is'
    )
  })
  it('whose gradient is that of something else', () => {
    caught(
      computing((_, y, t) => each(expr.mul(expr.stopGradient(expr.sub(y, t)), expr.sub(y, t)))),
      'gradient',
      'the gradient is off'
    )
  })
  it('that changes the element type', () => {
    caught(
      computing((_, y, t) => each(expr.cast(squares(y, t), 'f64'))),
      'shape',
      'not f32'
    )
  })
  it('that is not pure', () => {
    const next = counter()
    caught(
      computing((_, y, t) => each(expr.mul(squares(y, t), next()))),
      'purity',
      'losses[0] is'
    )
  })
})

describe('a metric', () => {
  const base = builtIn.metrics['mae'] as MetricDefinition<Metric>
  const broken = (change: Partial<MetricDefinition<Metric>>): readonly Law[] => metricLaws({ ...base, ...change })
  it('that is no monoid: its parts are largest numbers, means, or totals taken as means', () => {
    const errors = (y: Expr, t: Expr): Expr => expr.abs(expr.sub(y, t))
    caught(broken({ sums: (_, y, t) => ({ absolute: expr.reduceMax(errors(y, t)) }) }), 'monoid', 'batches')
    caught(broken({ sums: (_, y, t) => ({ absolute: expr.mean(errors(y, t)) }) }), 'monoid', 'batches')
  })
  it('that depends on the order of examples', () => {
    const first = (y: Expr): Expr =>
      expr.slice(
        y,
        y.shape.map(() => 0),
        y.shape.map(() => 1)
      )
    caught(broken({ sums: (_, y) => ({ absolute: first(y) }) }), 'monoid', 'at once')
  })
  it('that is not pure', () => {
    const next = counter()
    caught(broken({ sums: (_, y) => ({ absolute: expr.mul(expr.total(y), next()) }) }), 'purity', 'absolute[0] is')
  })
})

// ---- optimizers, schedules, stop rules

describe('an optimizer', () => {
  const base = builtIn.optimizers['sgd'] as OptimizerDefinition<Optimizer>
  type Update = OptimizerDefinition<Optimizer>['update']
  const updating = (update: Update): readonly Law[] => optimizerLaws({ ...base, update })
  const mapped =
    (f: (g: Expr, i: number) => Expr): Update =>
    (_, { gradients }) => ({
      updates: new Map([...gradients].map(([path, g], i) => [path, f(g, i)] as const)),
      slots: {},
      scalars: {}
    })
  it('that leaves parameters out, or changes their shape', () => {
    caught(
      updating((_, { gradients }) => ({ updates: new Map([...gradients].slice(1)), slots: {}, scalars: {} })),
      'shape',
      'no update'
    )
    caught(updating(mapped(g => expr.reshape(g, [1, ...g.shape]))), 'shape', '0/params/')
  })
  it('that remembers what it has not declared', () => {
    caught(
      updating((_, { gradients }) => ({ updates: gradients, slots: { v: gradients }, scalars: {} })),
      'shape',
      'the slot v, which it has not declared'
    )
  })
  it('that divides by what may be 0', () => {
    caught(updating(mapped(g => expr.div(g, expr.abs(g)))), 'finite', 'is NaN')
  })
  it('to which the order of parameters matters', () => {
    caught(updating(mapped((g, i) => expr.mul(g, i + 1))), 'order', 'depends on the order')
  })
  it('that is not pure', () => {
    const next = counter()
    const laws = updating(mapped(g => expr.mul(g, next())))
    caught(laws, 'purity', '0/params/')
    caught(laws, 'resume', 'params/')
  })
})

describe('a schedule', () => {
  const base = builtIn.schedules['exponentialDecay'] as ScheduleDefinition<Schedule>
  const valued = (value: ScheduleDefinition<Schedule>['value']): readonly Law[] => scheduleLaws({ ...base, value })
  it('with a memory of its own, hidden from the state', () => {
    const next = counter()
    const laws = valued(() => 1 / next())
    caught(laws, 'purity', 'asked backwards')
    caught(laws, 'resume', 'params/')
  })
  it('that is not finite at the start, or in the end', () => {
    caught(
      valued((_, at) => 1 / at.step),
      'finite',
      'at step 0'
    )
    caught(
      valued((_, at) => 1 / Math.max(0, 1e6 - at.step)),
      'finite',
      'of epoch'
    )
  })
  it('that goes higher than it says', () => {
    caught(scheduleLaws({ ...base, highest: () => 0.05 }), 'highest', 'which is above 0.05')
  })
  it('that writes to its memory, or remembers what is no number', () => {
    const own = { ...base, start: () => ({ n: 0 }), value: () => 0.1 }
    const writing = (memory: Readonly<Record<string, number>>) => Object.assign(memory, { n: (memory['n'] ?? 0) + 1 })
    expect(outcome(scheduleLaws({ ...own, next: (_, memory) => writing(memory) }), 'purity').failed).toBe(true)
    caught(scheduleLaws({ ...own, next: () => ({ n: NaN }) }), 'memory', 'n is NaN')
  })
})

describe('a stop rule', () => {
  const base = builtIn.stopRules['steps'] as StopDefinition<StopRule>
  const reasoned = (reason: StopDefinition<StopRule>['reason']): readonly Law[] => stopLaws({ ...base, reason })
  it('that has no word for why', () => {
    caught(
      reasoned((_, at) => (at.step > 3 ? '' : undefined)),
      'reason',
      'it stops'
    )
  })
  it('with a memory of its own, hidden from the state', () => {
    const next = counter()
    const laws = reasoned(() => (next() % 5 === 0 ? 'the fifth' : undefined))
    caught(laws, 'purity', 'the fifth')
    caught(laws, 'combination', 'at step')
  })
})
