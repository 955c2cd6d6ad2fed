// brain.js and synaptic on W5. They update after every sample, so a "step" is one pass over the batch: four updates, and their losses
// can't be compared. brain.js has one activation for the whole network. usage: node classic.mjs brain.js|synaptic W5
import { createRequire } from 'node:module'
import { makeData, workloads } from './work.mjs'
import { importDone, run } from './timing.mjs'

const require = createRequire(import.meta.url)
const [peer, w] = process.argv.slice(2)
const library = require(peer)
importDone()

const { sizes, batch, rate } = workloads[w]
const { x, y } = makeData(w)
const rows = (numbers, width) => Array.from({ length: batch }, (_, i) => numbers.slice(i * width, (i + 1) * width))
const [inputs, targets] = [rows(x, sizes[0]), rows(y, sizes.at(-1))]

const brain = () => {
  const net = new library.NeuralNetwork({
    inputSize: sizes[0],
    hiddenLayers: sizes.slice(1, -1),
    outputSize: sizes.at(-1),
    activation: 'tanh',
    learningRate: rate
  })
  const samples = inputs.map((input, i) => ({ input, output: targets[i] }))
  net.train(samples.slice(0, 1), { iterations: 1, errorThresh: 1e-30, learningRate: rate, log: false })
  return () => {
    for (const sample of samples) net.trainPattern(sample)
  }
}
const synaptic = () => {
  const { Architect, Neuron } = library
  const net = new Architect.Perceptron(...sizes)
  net.layers.hidden.forEach(l => l.set({ squash: Neuron.squash.TANH }))
  const samples = inputs.map((input, i) => [[...input], [...targets[i]]])
  return () => {
    for (const [input, target] of samples) {
      net.activate(input)
      net.propagate(rate, target)
    }
  }
}

await run(peer, w, peer === 'synaptic' ? synaptic() : brain())
process.exit()
