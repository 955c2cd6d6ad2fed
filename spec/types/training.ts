/** Programs that read what a training reports: names and types of metrics, and whether there is a best state. */

export const trainingPrelude = `import * as E from 'fp-ts/lib/Either.js'
import { accuracy, adam, columns, dataset, fanOut, inputs, outputLoss, parallel, mergeConcat, perOutput, sequential, softmax, softmaxCrossEntropy, trainStream, confusionMatrix, customMetric, dense, epochs, f1, input, mae, meanSquaredError, model, precision, r2, recall, rmse, score, topK, train, trainAsync, training, trainPipeline, wasm, type DataStream, type Dataset, type DataTable, type Tensor, type Metric, type MetricValue, type Trained } from 'gradfold'
type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare const yes: <T extends true>() => T
type Of<T> = T extends E.Right<infer A> ? A : never
type Metrics<T> = T extends { readonly history: readonly (infer R)[] } ? (R extends { readonly metrics: infer V } ? V : never) : never
declare const data: Dataset
declare const table: DataTable
declare const flag: boolean
declare const some: readonly Metric[]
declare const k: number
const base = { loss: meanSquaredError, optimizer: adam(0.1), stop: epochs(1) } as const
const net = model(input(2), dense(3))
const both = model(inputs(input(3), input(2)), parallel(dense(4), dense(3)), mergeConcat, fanOut(dense(1), dense(3)))
const each = perOutput(outputLoss('price', meanSquaredError, { metrics: [rmse] }), outputLoss('kind', softmaxCrossEntropy, { weight: 0.5, metrics: [topK(2), accuracy] }))
const twice = { model: both, loss: each, optimizer: adam(0.1), stop: epochs(1) } as const
declare const t: Tensor
declare const stream: DataStream
const pairs = dataset({ x: [t, t], y: { price: t, kind: t } })
const views = dataset({ x: { a: columns(0, 3)(t), b: columns(3, 2)(t) }, y: [t, t] })
const deep = ({ width }: { readonly width: import('gradfold').Size }) => model(input(width), dense(1))
`

const trained = (metrics: string): string =>
  `train({ ...base, model: net, metrics: ${metrics} }, { backend: wasm })(data)`
/** name, metrics, what a report holds */
const metrics: readonly (readonly [name: string, code: string, type: string])[] = [
  ['none', '[]', '{}'],
  ['two of regression', '[rmse, mae]', '{ readonly rmse: number; readonly mae: number }'],
  ['a name with its setting', '[topK(5), accuracy]', '{ readonly top5: number; readonly accuracy: number }'],
  ['averages', "[f1(), recall('micro')]", '{ readonly f1: number; readonly recallMicro: number }'],
  [
    'lists and tables',
    "[precision('perClass'), confusionMatrix]",
    '{ readonly precisionPerClass: readonly number[]; readonly confusionMatrix: readonly (readonly number[])[] }'
  ],
  ['one twice', '[rmse, r2, rmse]', '{ readonly rmse: number; readonly r2: number; readonly rmse2: number }'],
  ['a list from data', 'some', 'Readonly<Record<string, MetricValue>>']
]

/** programs that compile */
export const reports: readonly string[] = [
  ...metrics.map(([, code, type]) => `{ const t = ${trained(code)}; yes<Exactly<Metrics<Of<typeof t>>, ${type}>>() }`),
  `{ const t = train({ ...base, model: net }, { backend: wasm })(data); yes<Exactly<Metrics<Of<typeof t>>, {}>>() }`,
  `{ const t = ${trained('[rmse]')}; if (E.isRight(t)) { const x: number | undefined = t.right.history[0]?.metrics.rmse; void x } }`,
  `{ const t = ${trained('[rmse]')}; if (E.isRight(t)) { const any: Trained = t.right; void any } }`,
  `{ const t = train({ ...base, model: net, metrics: [rmse] }, { backend: wasm, keepBest: true, validation: data })(data); if (E.isRight(t)) { const x: number = t.right.best.scores.metrics.rmse; void x } }`,
  `async () => { const t = await trainAsync({ ...base, model: net, metrics: [rmse] }, { backend: wasm, keepBest: true })(data)(); if (E.isRight(t)) { const x: number = t.right.best.scores.metrics.rmse; void x } }`,
  `{ const t = ${trained('[rmse]')}; if (E.isRight(t)) { const s = score(t.right.training, t.right.state, data, { backend: wasm }); yes<Exactly<Of<typeof s>['metrics'], { readonly rmse: number }>>() } }`,
  `{ const t = training({ ...base, model: net, metrics: [mae] }); const r = train(t as never, { backend: wasm }); void r; yes<Exactly<typeof t.metrics, readonly [typeof mae]>>() }`,
  `{ const p = trainPipeline({ ...base, model: deep, metrics: [rmse] }, { backend: wasm, validation: 0.2 })(table); if (E.isRight(p)) { const x: number = p.right.trained.best.scores.metrics.rmse; const y: number | undefined = p.right.history[0]?.metrics.rmse; void [x, y] } }`,
  `{ const p = trainPipeline({ ...base, model: deep }, { backend: wasm, keepBest: true })(table); if (E.isRight(p)) void p.right.trained.best.epoch }`,
  `{ if (E.isRight(pairs)) { const r = train(twice, { backend: wasm })(pairs.right); yes<Exactly<Metrics<Of<typeof r>>, { readonly 'price/loss': number; readonly 'price/rmse': number; readonly 'kind/loss': number; readonly 'kind/top2': number; readonly 'kind/accuracy': number }>>() } }`,
  `{ if (E.isRight(views)) void train(twice, { backend: wasm, validation: views.right })(views.right) }`,
  `{ if (E.isRight(pairs)) { const v = training(twice); const r = train(v, { backend: wasm, keepBest: true })(pairs.right); if (E.isRight(r)) { const x: number = r.right.best.scores.metrics['kind/loss']; void x } } }`,
  `async () => { const r = await trainStream(twice, { backend: wasm })(stream)(); if (E.isRight(r)) { const x: number | undefined = r.right.history[0]?.metrics['price/rmse']; void x } }`,
  `{ const single = dataset({ x: t, y: t }); if (E.isRight(single)) { const d: Dataset = single.right; void d } }`
]

/** programs that must not compile */
export const wrongReports: readonly (readonly [name: string, code: string])[] = [
  ['one loss for two outputs', 'train({ ...twice, loss: meanSquaredError }, { backend: wasm })'],
  ['losses of outputs for one output', 'train({ ...twice, model: net }, { backend: wasm })'],
  [
    'fewer losses than outputs',
    "train({ ...twice, loss: perOutput(outputLoss('price', meanSquaredError)) }, { backend: wasm })"
  ],
  [
    'a loss of logits for a branch that ends in softmax',
    'train({ ...twice, model: model(input(3), fanOut(dense(1), sequential(dense(3), softmax))) }, { backend: wasm })'
  ],
  ['metrics beside the losses of outputs', 'train({ ...twice, metrics: [rmse] }, { backend: wasm })'],
  ['a dataset of one input for two', 'train(twice, { backend: wasm })(data)'],
  [
    'targets of other names than the losses',
    'const d = dataset({ x: [t, t], y: { price: t, sort: t } }); if (E.isRight(d)) train(twice, { backend: wasm })(d.right)'
  ],
  [
    'three inputs for two',
    'const d = dataset({ x: [t, t, t], y: [t, t] }); if (E.isRight(d)) train(twice, { backend: wasm })(d.right)'
  ],
  [
    'several inputs for a model of one',
    'if (E.isRight(pairs)) train({ ...base, model: net }, { backend: wasm })(pairs.right)'
  ],
  [
    'a metric of an output that has none',
    "if (E.isRight(pairs)) { const r = train(twice, { backend: wasm })(pairs.right); if (E.isRight(r)) r.right.history[0]?.metrics['price/accuracy'] }"
  ],
  [
    'a metric that was not asked for',
    `const t = ${trained('[rmse]')}; if (E.isRight(t)) t.right.history[0]?.metrics.mae`
  ],
  [
    'a number where a table is',
    `const t = ${trained('[confusionMatrix]')}; if (E.isRight(t)) { const x: number | undefined = t.right.history[0]?.metrics.confusionMatrix; void x }`
  ],
  ['a top5 of topK(3)', `const t = ${trained('[topK(3)]')}; if (E.isRight(t)) t.right.history[0]?.metrics.top5`],
  [
    'the best state of a training that keeps none',
    `const t = ${trained('[rmse]')}; if (E.isRight(t)) t.right.best.epoch`
  ],
  [
    'a best state that is there for one value of a flag',
    'const t = train({ ...base, model: net }, { backend: wasm, keepBest: flag })(data); if (E.isRight(t)) t.right.best.epoch'
  ],
  [
    'the best state of a pipeline without validation',
    'const p = trainPipeline({ ...base, model: deep }, { backend: wasm })(table); if (E.isRight(p)) p.right.trained.best.epoch'
  ],
  [
    'the best state of a pipeline that says not to keep it',
    'const p = trainPipeline({ ...base, model: deep }, { backend: wasm, validation: 0.2, keepBest: false })(table); if (E.isRight(p)) p.right.trained.best.epoch'
  ]
]
