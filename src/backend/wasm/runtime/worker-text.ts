/**
 * The whole program of the other threads, as text: a worker starts from a file or from text, and the package must not
 * depend on where bundlers put its files.
 *
 * A thread tests itself once (as `selfTest` of self-test.ts). Then, at each turn of the barrier, it runs the program
 * whose index is in memory, until the index is -1. Before and after each turn it checks the mode of its processor, which
 * a native library may have changed for this thread alone. It writes any error into the memory, where the others wait.
 */
import { flushes } from '../../canaries.js'
import { commandAddr, failureAddr, failureBytes, generationAddr } from '../../kernel/thread-memory.js'

const core = `
const instantiate = (parts, memory, sleep, product) => parts.map(({ bytes, memory: m, sleep: s, products }) => {
  const imports = {}
  const functions = products.map(([at, numbers]) => [at, product(numbers)])
  for (const [[module, name], value] of [[m, memory], [s, sleep], ...functions]) (imports[module] ??= {})[name] = value
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports
})
const look = canaries => {
  for (const c of canaries) if (c[0] * c[1] * c[2] !== c[3]) throw new Error(${JSON.stringify(flushes)})
}
let tested = false
const selfTest = ({ parts, image, answers, canaries }) => {
  look(canaries)
  if (tested) return
  const pages = image.length / 65536
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  new Uint8Array(memory.buffer).set(image)
  for (const part of instantiate(parts, memory, () => 1)) part.run(0)
  const wrong = answers.find(([, at, words, digest]) =>
    new Uint32Array(memory.buffer, at, words).reduce((h, w) => Math.imul(h ^ w, 0x01000193), 0x811c9dc5) >>> 0 !== digest)
  if (wrong !== undefined) throw new Error('self-test: ' + wrong[0])
  tested = true
}
const work = ({ memory, programs, test, addon }) => {
  const words = new Int32Array(memory.buffer)
  try {
    selfTest(test)
    const product = addon === undefined ? undefined : productsOf(addon, memory)
    const sleep = mine => (Atomics.wait(words, ${generationAddr / 4}, mine), 0)
    const run = programs.map(parts => instantiate(parts, memory, sleep, product))
    for (;;) {
      run[0][0].barrier()
      const which = Atomics.load(words, ${commandAddr / 4})
      if (which < 0) break
      const count = Atomics.load(words, ${commandAddr / 4 + 1})
      look(test.canaries)
      for (let turn = 0; turn < count; turn++) for (const part of run[which]) part.run(turn)
      look(test.canaries)
    }
  } catch (e) {
    const text = new TextEncoder().encode(String(e && e.message || e) || 'unknown').slice(0, ${failureBytes - 4})
    new Uint8Array(memory.buffer).set(text, ${failureAddr + 4})
    Atomics.store(words, ${failureAddr / 4}, text.length)
    Atomics.notify(words, ${generationAddr / 4})
  }
}
const prepare = test => {
  try {
    selfTest(test)
    return ''
  } catch (e) {
    return String(e && e.message || e) || 'unknown'
  }
}
`

/** with work, it does that and ends; else it prepares, reports ('' or an error), and waits for work */
export const nodeText = `
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
${core}
const productsOf = (file, memory) => {
  const { bind, selfTest } = createRequire(file)(file)
  const wrong = selfTest()
  if (wrong !== undefined) throw new Error('self-test of the native products: ' + wrong)
  const bytes = new Uint8Array(memory.buffer)
  return numbers => bind(bytes, Float64Array.from(numbers))
}
if (workerData.memory !== undefined) work(workerData)
else {
  parentPort.on('message', work)
  parentPort.postMessage(prepare(workerData.test))
}
`
export const webText = `
${core}
onmessage = ({ data }) => data.memory === undefined ? postMessage(prepare(data.test)) : work(data)
`
