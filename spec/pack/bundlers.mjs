// `npm run test:bundlers`: the packed package in small projects of Vite, webpack and Next.js (`-- --only vite`). Each is built, and its page
// opened in Chromium: the worker must load, its threads too, and the weights be those of Node to the bit.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import puppeteer from 'puppeteer-core'
import { onPath } from '../engines/found.mjs'

const bundlers = {
  vite: { packages: ['vite@7'], build: ['vite', 'build'] },
  webpack: { packages: ['webpack@5', 'webpack-cli@6'], build: ['webpack'] },
  next: { packages: ['next@15', 'react@19', 'react-dom@19'], build: ['next', 'build'] }
}
const { values: options } = parseArgs({ options: { only: { type: 'string' } } })
const wanted = options.only?.split(',') ?? Object.keys(bundlers)

const here = name => join(import.meta.dirname, name)
const root = here('../..')
const folder = mkdtempSync(join(tmpdir(), 'gradfold-bundlers-'))
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
const run = (cwd, command, ...args) => promisify(execFile)(command, args, { cwd, env, maxBuffer: 1e8 })

/** with the headers of a page that may share memory */
const serve = async place => {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const file = join(place, normalize(pathname === '/' ? '/index.html' : pathname))
    try {
      const bytes = readFileSync(file)
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp'
      })
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

const visit = async (browser, place) => {
  const site = await serve(place)
  const page = await browser.newPage()
  try {
    await page.goto(site.address)
    await page.waitForFunction('globalThis.finished !== undefined', { timeout: 30_000 })
    return await page.evaluate(() => globalThis.finished)
  } finally {
    await page.close()
    site.close()
  }
}

/** a project that has the package, the files that all share, and those of one bundler */
const project = async (name, tarball) => {
  const place = join(folder, name)
  cpSync(here(`bundlers/${name}`), place, { recursive: true })
  for (const file of ['worker.mjs', 'page.mjs']) cpSync(here(`bundlers/${file}`), join(place, file))
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await run(place, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...bundlers[name].packages)
  return place
}

const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const browser = await puppeteer.launch({
  executablePath: onPath('CHROMIUM', 'chromium', 'chromium-browser', 'google-chrome'),
  args: sandbox,
  headless: true
})
try {
  const { stdout } = await run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder)
  const tarball = join(folder, stdout.trim().split('\n').at(-1))
  for (const name of wanted) {
    const place = await project(name, tarball)
    await run(place, join(place, 'node_modules/.bin', bundlers[name].build[0]), ...bundlers[name].build.slice(1))
    // webpack writes scripts alone
    if (!existsSync(join(place, 'out/index.html'))) cpSync(join(place, 'index.html'), join(place, 'out/index.html'))
    const { answer } = await import(pathToFileURL(join(place, 'worker.mjs')).href)
    const right = await answer()
    const got = await visit(browser, join(place, 'out'))
    const wrong = [
      ...(got.error === undefined ? [] : [got.error]),
      ...(JSON.stringify(got.weights) === JSON.stringify(right.weights) ? [] : ['other weights than in Node']),
      ...(got.threads > 0 ? [] : ['no threads']),
      ...(got.isolated === true ? [] : ['not isolated'])
    ]
    if (wrong.length > 0) process.exitCode = 1
    console.log(`${name}: ${wrong.length === 0 ? `equal, threads: ${got.threads}` : wrong.join(', ')}`)
  }
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
