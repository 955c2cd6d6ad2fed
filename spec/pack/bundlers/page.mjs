// A page that trains in a worker, as the guide advises; `finished` is what the worker answers.
export const ask = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = e => reject(new Error(e.message))
  })
globalThis.finished = globalThis.document === undefined ? undefined : ask()
