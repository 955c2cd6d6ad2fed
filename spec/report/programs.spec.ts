/** What programs get from `gradfold/report`: strings that are the same each time. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import * as gf from '../../src/index.js'
import { layerFormulas, math } from '../../src/report/formulas.js'
import { flowOf } from '../../src/report/flow.js'
import {
  decisionRegions,
  filters,
  gridPoints,
  historyHtml,
  imageGrid,
  modelDiagram,
  modelMermaid
} from '../../src/report.js'
import { layers } from '../../src/layer/registry.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { checkModel } from '../../src/model/model.js'
import type { TrainEvent } from '../../src/index.js'
import { right } from '../support/either.js'
import { hostile } from './hostile.js'

const { dense, input, model, relu, residual, dropout, layerNorm } = gf
const net = model(input(4), dense(8), relu, residual(dense(8)), dropout(0.5), layerNorm(), dense(3))

describe('a model', () => {
  test('as Mermaid text has a box for each layer, and an arrow for each value that a layer reads', () => {
    expect(right(modelMermaid(net))).toBe(
      `flowchart TB
  n0["input<br>#91;4#93;"]
  n1["dense<br>dense 8<br>#91;8#93;, 40 parameters"]
  n2["relu<br>#91;8#93;"]
  n3["residual/dense<br>dense 8<br>#91;8#93;, 72 parameters"]
  n4["residual<br>#91;8#93;"]
  n5["dropout<br>dropout 0.5<br>#91;8#93;"]
  n6["layerNorm<br>layer norm<br>#91;8#93;, 16 parameters"]
  n7["dense2<br>dense 3<br>#91;3#93;, 27 parameters"]
  n0 --> n1
  n1 --> n2
  n2 --> n3
  n2 --> n4
  n3 --> n4
  n4 --> n5
  n5 --> n6
  n6 --> n7
`
    )
  })
  test('as SVG has the same boxes, and the same bytes each time', () => {
    const svg = right(modelDiagram(net))
    expect(svg.match(/<rect class="box"/g)).toHaveLength(8)
    expect(svg).toContain('7 layers, 155 parameters')
    expect(right(modelDiagram(net)) === svg).toBe(true)
    expect(svg).not.toMatch(/NaN|undefined/)
  })
  test('of many layers shows the first and the last', () => {
    const long = model(input(2), gf.repeat(300)(relu))
    const svg = right(modelDiagram(long))
    expect(svg).toContain('are left out')
    expect(svg.match(/<rect class="box"/g)).toHaveLength(120)
  })
  test('that does not fit is a Left', () => {
    expect(E.isLeft(modelDiagram({ tag: 'model', input: [2], layer: { tag: 'reshape', shape: [3] } } as never))).toBe(
      true
    )
  })
  test('has a formula for each layer, in the symbols of textbooks', () => {
    const formulas = layerFormulas(right(flowOf(net)), builtInLayers)
    expect(formulas.slice(0, 4).map(f => f.tex)).toEqual([
      'z_{1} = x \\, W_{1} + b_{1}',
      'a_{2} = \\operatorname{relu}(z_{1})',
      'z_{3} = a_{2} \\, W_{3} + b_{3}',
      'a_{4} = a_{2} + z_{3}'
    ])
    expect(formulas.at(-1)?.tex).toContain('W_{7} + b_{7}')
  })
  test.each(Object.values(layers).flatMap(l => l.samples.map((s, i) => [`${l.tag} ${i}`, s] as const)))(
    'with a layer as %s is drawn, and has formulas that can be rendered',
    (_, sample) => {
      const dtype = sample.indexes === undefined ? {} : { dtype: 'u32' }
      const made = checkModel({ tag: 'model', input: sample.input, ...dtype, layer: sample.layer } as never)
      if (E.isLeft(made)) return
      expect(E.isRight(modelDiagram(made.right))).toBe(true)
      const flow = right(flowOf(made.right))
      for (const { tex } of layerFormulas(flow, builtInLayers)) expect(math(tex).markup, tex).toMatch(/^<math/)
    }
  )
})

test('TeX that cannot be rendered is shown as text, and text in TeX as text', () => {
  expect(math('\\frac{').markup).toBe('<code>\\frac{</code>')
  for (const text of hostile) expect(math(text).markup).not.toMatch(/<(script|img|b|a)\b/)
  expect(math('\\href{javascript:x}{y}').markup).not.toMatch(/<a\b|href=/)
})

describe('the page of a training', () => {
  const events: readonly TrainEvent[] = [
    { tag: 'step', epochSteps: 2, step: 1, examples: 3, weight: 3, loss: 2, sums: {}, settings: { rate: 0.1 } },
    { tag: 'step', epochSteps: 2, step: 2, examples: 3, weight: 3, loss: 1, sums: {}, settings: { rate: 0.05 } },
    { tag: 'epoch', epoch: 1, step: 2, loss: 1.5, metrics: { accuracy: 0.5 }, settings: { rate: 0.05 } },
    { tag: 'done', reason: 'epochs 1', step: 2, epoch: 1 }
  ]
  test('has its curves, its settings, and the model where it is given', () => {
    const html = historyHtml(events, {
      title: hostile[0] ?? '',
      training: { model: net, loss: gf.softmaxCrossEntropy, optimizer: gf.adam(0.1) }
    })
    for (const part of ['Loss', 'accuracy', 'rate', 'finished: epochs 1', 'Model', 'Formulas', '<math'])
      expect(html.includes(part), part).toBe(true)
    expect(/<script|NaN|undefined/.test(html)).toBe(false)
  })
  test('of no events is a page', () => {
    expect(historyHtml([])).toContain('running, or interrupted: 0 steps, 0 epochs so far')
  })
})

describe('images', () => {
  test('are squares in shades, equal ones together, with labels and marks', () => {
    const svg = imageGrid({
      title: 'digits',
      cells: [
        { image: { width: 2, height: 2, channels: 1, pixels: [0, 0, 0, 1] }, label: hostile[0] ?? '', marked: true },
        { image: { width: 1, height: 1, channels: 3, pixels: [1, 0, 0.5] } }
      ]
    })
    expect([...svg.matchAll(/fill="(#[0-9a-f]{6})"/g)].map(m => m[1])).toEqual([
      '#000000',
      '#000000',
      '#ffffff',
      '#ff0080'
    ])
    expect(svg.match(/class="l1 line"/g)).toHaveLength(1)
    expect(svg).not.toMatch(/<script/)
  })
  test('of weights show each output of a dense layer or a convolution', () => {
    // outputs 0 and 1 of a layer that reads a 2 x 1 image
    const svg = filters({ shape: [2, 2], data: [0, 1, 1, 0] }, { image: { width: 2, height: 1 } })
    expect([...svg.matchAll(/fill="(#[0-9a-f]{6})"/g)].map(m => m[1])).toEqual([
      '#000000',
      '#ffffff',
      '#ffffff',
      '#000000'
    ])
    expect(filters({ shape: [3, 3, 1, 4], data: Array.from({ length: 36 }, (_, i) => i) }).match(/<g /g)).toHaveLength(
      4
    )
  })
  test('of decision regions have the classes where the grid says', () => {
    const grid = gridPoints([0, 2], [0, 2], 2, 2)
    expect(grid).toEqual([
      [0.5, 1.5],
      [1.5, 1.5],
      [0.5, 0.5],
      [1.5, 0.5]
    ])
    const svg = decisionRegions({
      x: { label: 'a', domain: [0, 2] },
      y: { label: 'b', domain: [0, 2] },
      columns: 2,
      classes: grid.map(([x, y]) => (x > 1 && y > 1 ? 1 : 0)),
      points: [{ x: 1, y: 1, class: 1 }],
      names: ['no', '<b>yes']
    })
    expect([...svg.matchAll(/<rect class="(f\d)"/g)].map(m => m[1])).toEqual(['f0', 'f1', 'f0'])
    expect(svg).toContain('<title>&#60;b&#62;yes</title>')
  })
})
