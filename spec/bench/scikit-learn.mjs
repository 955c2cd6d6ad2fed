/**
 * gradfold beside scikit-learn's MLPClassifier: the same tables, splits, preprocessing, network, batches and epochs; five seeds of each. Prints a
 * Markdown table, which docs/guide/data.md has. Needs scikit-learn (Debian: python3-sklearn) for python3, or for the one that
 * PYTHON names; penguins come from the package
 * vega-datasets, which is fetched into a temporary folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  accuracy,
  adam,
  dense,
  epochs,
  fromArrays,
  input,
  model,
  relu,
  score,
  showError,
  softmaxCrossEntropy,
  train,
  wasm
} from '../../dist/node/index.js'

const common = { units: 32, batchSize: 32, rate: 0.001, epochs: 100, seeds: [0, 1, 2, 3, 4] }

const right = either => {
  if (either._tag === 'Left') throw new Error(showError(either.left))
  return either.right
}

/** the accuracy and the loss over the test part after a training */
const scores = ({ train: seen, test, classes }, seed) => {
  const data = right(fromArrays(seen.x, seen.y, classes))
  const settings = {
    model: model(input(seen.x[0].length), dense(common.units), relu, dense(classes)),
    loss: softmaxCrossEntropy,
    optimizer: adam(common.rate),
    metrics: [accuracy],
    batchSize: common.batchSize,
    stop: epochs(common.epochs),
    seed
  }
  const trained = right(train(settings, { backend: wasm })(data))
  const { loss, metrics } = right(
    score(trained.training, trained.state, right(fromArrays(test.x, test.y, classes)), { backend: wasm })
  )
  return { loss, accuracy: metrics.accuracy }
}

const mean = numbers => numbers.reduce((a, b) => a + b, 0) / numbers.length
const percent = x => (100 * x).toFixed(1)
/** the mean, and from where to where */
const shown = runs => {
  const all = runs.map(r => r.accuracy)
  return `${percent(mean(all))} % (${percent(Math.min(...all))} to ${percent(Math.max(...all))}), ${mean(runs.map(r => r.loss)).toFixed(3)}`
}

const folder = mkdtempSync(join(tmpdir(), 'gradfold-sklearn-'))
try {
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', 'vega-datasets@3.2.1'], {
    stdio: 'ignore'
  })
  const penguins = join(folder, 'node_modules/vega-datasets/data/penguins.json')
  const { version, tables } = JSON.parse(
    execFileSync(
      process.env.PYTHON ?? 'python3',
      ['spec/bench/peers/sklearn_mlp.py', JSON.stringify({ ...common, penguins })],
      {
        encoding: 'utf8',
        maxBuffer: 2 ** 28
      }
    )
  )
  console.log(`| table | rows | inputs | classes | gradfold | scikit-learn ${version} |`)
  console.log('|---|---|---|---|---|---|')
  for (const t of tables) {
    const mine = common.seeds.map(seed => scores(t, seed))
    const rows = `${t.train.y.length} + ${t.test.y.length}`
    console.log(`| ${t.name} | ${rows} | ${t.train.x[0].length} | ${t.classes} | ${shown(mine)} | ${shown(t.runs)} |`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
