// The golden page on the loopback interface: bundled as users bundle, with the headers of a strict page that may share memory.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = name => fileURLToPath(new URL(`page/${name}`, import.meta.url))
const bundle = async name => {
  const { outputFiles } = await build({
    entryPoints: [here(name)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error'
  })
  return outputFiles[0].text
}

const compiling = "script-src 'self' 'wasm-unsafe-eval'"
/**
 * The pages, each with its worker and what scripts may do there: the core needs leave to compile WebAssembly, ndarray to make code from
 * text. `alone` is not isolated, so it shares no memory; `strict` lets nobody compile.
 */
const pages = {
  wasm: { worker: 'wasm.mjs', policy: compiling },
  reference: { worker: 'reference.mjs', policy: "script-src 'self' 'unsafe-eval'" },
  alone: { worker: 'wasm.mjs', policy: compiling },
  strict: { worker: 'strict.mjs', policy: "script-src 'self'" }
}
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin'
}

/** @returns the address of the pages and how to close the server */
export const serve = async () => {
  const html = readFileSync(here('index.html'), 'utf8')
  const bundled = await Promise.all(
    Object.entries(pages).map(async ([kind, { worker }]) => [
      [`/${kind}`, html],
      [`/${kind}/worker.js`, await bundle(worker)]
    ])
  )
  const files = { '/page.js': await bundle('page.mjs'), ...Object.fromEntries(bundled.flat()) }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const text = Object.hasOwn(files, pathname) ? files[pathname] : undefined
    const kind = pathname.split('/')[1]
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': `text/${pathname.endsWith('.js') ? 'javascript' : 'html'}; charset=utf-8`,
      'content-security-policy': `default-src 'none'; ${pages[kind]?.policy ?? compiling}; worker-src 'self' blob:`,
      ...(kind === 'alone' ? {} : isolation)
    })
    response.end(text ?? '')
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
