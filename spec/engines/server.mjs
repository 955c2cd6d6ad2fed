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

/** what scripts may do: the core needs leave to compile WebAssembly, ndarray to make code from text */
const policies = {
  wasm: "script-src 'self' 'wasm-unsafe-eval'",
  reference: "script-src 'self' 'unsafe-eval'"
}

/** @returns the address of the pages (/wasm, /reference) and how to close the server */
export const serve = async () => {
  const [page, ...workers] = await Promise.all(['page.mjs', 'wasm.mjs', 'reference.mjs'].map(bundle))
  const html = readFileSync(here('index.html'), 'utf8')
  const files = {
    '/page.js': page,
    ...Object.fromEntries(Object.keys(policies).map((kind, i) => [`/${kind}/worker.js`, workers[i]])),
    ...Object.fromEntries(Object.keys(policies).map(kind => [`/${kind}`, html]))
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const text = Object.hasOwn(files, pathname) ? files[pathname] : undefined
    const kind = pathname.split('/')[1]
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': `text/${pathname.endsWith('.js') ? 'javascript' : 'html'}; charset=utf-8`,
      'content-security-policy': `default-src 'none'; ${policies[kind] ?? policies.wasm}; worker-src 'self' blob:`,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin'
    })
    response.end(text ?? '')
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
