// The golden page: trains in a worker, shows the digest, and keeps the answer for whoever drives the browser.
const [, kind] = location.pathname.split('/')
const threads = Number(new URLSearchParams(location.search).get('threads') ?? 1)
const output = document.querySelector('output')

const worker = new Worker(`/${kind}/worker.js`, { type: 'module' })
globalThis.finished = new Promise(resolve => {
  worker.onmessage = e => resolve(e.data)
  worker.onerror = e => resolve({ error: e.message || 'the worker could not be started' })
})
worker.postMessage(threads)
globalThis.finished.then(answer => {
  output.textContent = answer.error ?? answer.digest
})
