// Run under --disallow-code-generation-from-strings: the core must load where a page forbids making code from text.
import { createRequire } from 'node:module'

const { cache } = createRequire(import.meta.url)
const loaded = () => Object.keys(cache).filter(file => /[\\/]node_modules[\\/]ndarray(-ops)?[\\/]/.test(file))

await import('gradfold')
await import('gradfold/codec')
await import('gradfold/files')
await import('gradfold/extend')
await import('gradfold/formats')
await import('gradfold/report')
await import('gradfold/search')
// training on the compiled backend needs no leave to make code from text either
const { adam, dense, fromArrays, input, lossBelow, meanSquaredError, model, tanh, train, wasm } =
  await import('gradfold')
const line = fromArrays([[0], [1]], [[1], [3]])
const net = model(input(1), dense(4), tanh, dense(1))
const fitted = train(
  { model: net, loss: meanSquaredError, optimizer: adam(0.1), batchSize: 2, stop: lossBelow(0.01) },
  { backend: wasm }
)(line.right)
if (fitted._tag !== 'Right') throw new Error(JSON.stringify(fitted.left))
if (loaded().length > 0) throw new Error(`the core loads ${loaded().join(', ')}`)

// would this check see it?
await import('ndarray')
if (loaded().length === 0) throw new Error('ndarray was loaded and not seen')
console.log('core: ok')
