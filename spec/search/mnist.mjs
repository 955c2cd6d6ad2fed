// `npm run study:mnist`: learning rate and weight decay over seven powers of ten, by three rounds of narrowing and by random search with
// the same budget, for five seeds. Prints Markdown; with `-- --write` into mnist.md beside this file.
import { writeFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { markdownTable } from 'markdown-table'
import {
  accuracy,
  chain,
  dense,
  epochs,
  input,
  showError,
  model,
  relu,
  score,
  sgd,
  softmaxCrossEntropy,
  train,
  wasm,
  weightDecay
} from 'gradfold'
import { openRun } from 'gradfold/codec'
import { inProcess, logUniform, mnist, search, space, study, studyMetric, zoom } from 'gradfold/search'

const [budget, rounds, seeds] = [60, 3, [1, 2, 3, 4, 5]]
const [examples, test, hidden, passes, batchSize] = [5000, 10_000, 100, 3, 50]
const narrowing = zoom(rounds)

/** nobody is there to be told of a problem but the reader of this script */
const right = e => {
  if (E.isLeft(e)) throw new Error(showError(e.left))
  return e.right
}
const studyOf = (seed, rounds) =>
  study({
    space: space({ rate: logUniform(1e-6, 10), decay: logUniform(1e-6, 10) }),
    run: ({ rate, decay }) => ({
      data: mnist({ train: examples, test, flat: true }),
      validation: { tag: 'stratified', fraction: 0.8 },
      model: model(input(784), dense(hidden), relu, dense(10)),
      loss: softmaxCrossEntropy,
      optimizer: chain(weightDecay(decay), sgd(rate)),
      batchSize,
      stop: epochs(passes),
      metrics: [accuracy],
      seed
    }),
    metric: studyMetric('accuracy', { goal: 'max' }),
    budget,
    seed,
    zoom: rounds
  })
const runner = inProcess(wasm)
const found = async (seed, rounds) => right(await search(studyOf(seed, rounds), { runner })())

/** accuracy over the test digits of a run that is trained once more, as it is */
const testAccuracy = async run => {
  const { training, datasets } = right(await openRun(run)())
  const { state } = right(train(training, { backend: wasm })(datasets.train))
  return right(score(training, state, datasets.test, { backend: wasm })).metrics.accuracy
}
const short = x => String(Number(x.toPrecision(2)))
const range = ({ lower, upper }) => `${short(lower)} .. ${short(upper)}`
const value = ({ outcome }) => (outcome.tag === 'scored' ? outcome.value : 0)

const ranges = []
const chosen = []
for (const seed of seeds) {
  for (const [name, rounds] of [
    ['narrowing', narrowing],
    ['random', zoom(1)]
  ]) {
    const { trials, rounds: of, best } = await found(seed, rounds)
    const { settings } = best.trial
    chosen.push({ seed, name, settings, validation: value(best.trial), test: await testAccuracy(best.run) })
    if (name === 'narrowing')
      of.forEach(({ space: { dimensions } }, round) => {
        const mine = trials
          .filter(t => t.round === round)
          .map(value)
          .sort((a, b) => a - b)
        ranges.push([
          seed,
          round + 1,
          range(dimensions.rate),
          range(dimensions.decay),
          mine[Math.floor(mine.length / 2)].toFixed(3),
          mine.at(-1).toFixed(3)
        ])
      })
    console.error(`seed ${seed}, ${name}: done`)
  }
}
const mean = xs => xs.reduce((a, b) => a + b, 0) / xs.length
const table = rows => markdownTable(rows.map(row => row.map(String)))
const of = (name, field) => mean(chosen.filter(c => c.name === name).map(c => c[field]))
const testOf = (seed, name) => chosen.find(c => c.seed === seed && c.name === name).test
const ahead = seeds.filter(seed => testOf(seed, 'narrowing') > testOf(seed, 'random')).length
const report = `# Narrowing against random search

Made by \`npm run study:mnist -- --write\`. The first ${examples} digits of MNIST's training part, a fifth of them kept back for validation (stratified, by the
study's seed); ${test} test digits, which no study sees. 784-${hidden}-10 with relu, sgd with weight decay, batches of ${batchSize}, ${passes} passes. Learning rate and weight
decay are log-uniform from 1e-6 to 10. Each study may run ${budget} trials and chooses by validation accuracy: in ${rounds} rounds (keep ${narrowing.keep}, margin ${narrowing.margin},
minWidth ${narrowing.minWidth}), or all of them drawn from the whole space.

${table([['seed', 'round', 'learning rate', 'weight decay', 'median validation accuracy', 'best'], ...ranges])}

The run that was chosen, trained again:

${table([
  ['seed', 'search', 'learning rate', 'weight decay', 'validation accuracy', 'test accuracy'],
  ...chosen.map(c => [
    c.seed,
    c.name,
    short(c.settings.rate),
    short(c.settings.decay),
    c.validation.toFixed(4),
    c.test.toFixed(4)
  ]),
  ...['narrowing', 'random'].map(name => [
    'mean',
    name,
    '',
    '',
    of(name, 'validation').toFixed(4),
    of(name, 'test').toFixed(4)
  ])
])}

By test accuracy narrowing is ahead for ${ahead} of ${seeds.length} seeds.
`
if (process.argv.includes('--write')) writeFileSync(new URL('mnist.md', import.meta.url), report)
else console.log(report)
