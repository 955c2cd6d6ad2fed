// Serves the built playground on the loopback interface, with the headers of a strict page.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const types = { html: 'text/html', js: 'text/javascript', css: 'text/css', bin: 'application/octet-stream' }
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** @returns its address, and how to close it */
export const serve = async (folder, port = 0) => {
  const server = createServer(async (request, response) => {
    const [path] = request.url.split('?')
    const name = path === '/' ? 'index.html' : path.slice(1)
    // names of plain files only: no folders, no paths that lead out
    const body = /^[\w-]+\.(html|js|css|bin)$/.test(name)
      ? await readFile(join(folder, name)).catch(() => undefined)
      : undefined
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': body === undefined ? 'text/plain' : `${types[name.split('.').at(-1)]}; charset=utf-8`,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff'
    })
    response.end(body ?? 'no such file')
  })
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise(done => {
        server.closeAllConnections()
        server.close(done)
      })
  }
}

if (process.argv[1] === import.meta.filename) {
  const { address } = await serve(join(import.meta.dirname, 'dist'), Number(process.env.PORT ?? 8000))
  console.log(`the playground is at ${address}`)
}
