// The numbers of spec/golden/follow-tfjs.json: trainings by tfjs 4.22 on its cpu backend, in float32.
//
//     npm install @tensorflow/tfjs@4.22.0   # in a folder FOLDER
//     node spec/scripts/follow_tfjs.mjs FOLDER > spec/golden/follow-tfjs.json
//
// Rows, classes, order and start are those of follow-torch.json, without masks and without batch norm.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const tf = createRequire(join(process.argv[2], 'x.js'))('@tensorflow/tfjs')
const { x, y, order, start } = JSON.parse(readFileSync(new URL('../golden/follow-torch.json', import.meta.url), 'utf8'))
await tf.setBackend('cpu')

const transposed = (rows, columns, xs) => xs.map((_, i) => xs[(i % rows) * columns + Math.floor(i / rows)])
const follow = async make => {
  const w = [
    tf.tensor(transposed(8, 6, start['a.weight']), [6, 8]),
    tf.tensor(transposed(3, 8, start['b.weight']), [8, 3]),
    tf.tensor(start['b.bias'], [3])
  ].map(t => tf.variable(t))
  const optimizer = make()
  const seen = {}
  for (const [i, rows] of order.entries()) {
    const batch = tf.tensor(
      rows.flatMap(r => x.slice(6 * r, 6 * r + 6)),
      [rows.length, 6]
    )
    const targets = tf.oneHot(
      tf.tensor1d(
        rows.map(r => y[r]),
        'int32'
      ),
      3
    )
    optimizer.minimize(() => {
      const logits = tf.add(tf.matMul(tf.tanh(tf.matMul(batch, w[0])), w[1]), w[2])
      return tf.losses.softmaxCrossEntropy(targets, logits)
    })
    if ([1, 10, 50].includes(i + 1)) seen[i + 1] = w.map(v => Array.from(v.dataSync()))
  }
  return seen
}
const runs = {
  sgd: await follow(() => tf.train.sgd(0.1)),
  momentum: await follow(() => tf.train.momentum(0.1, 0.9)),
  nesterov: await follow(() => tf.train.momentum(0.1, 0.9, true)),
  adam: await follow(() => tf.train.adam(0.01))
}
console.log(JSON.stringify({ versions: { tfjs: tf.version.tfjs }, runs }))
