// Sizes of the playground, the time to its first step from a cold cache, long tasks of the page while it trains, and the
// digests of Chromium and Firefox for one link. By hand: `npm run playground:measure`; other programs by CHROMIUM, FIREFOX.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import puppeteer from 'puppeteer-core'
import { buildPlayground } from '../../docs/playground/build.mjs'
import { serve } from '../../docs/playground/serve.mjs'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-playground-'))
const site = await serve(await buildPlayground(folder))
const kilobytes = bytes => `${(bytes / 1000).toFixed(1)} kB`
const finished = "document.querySelector('#status').textContent.startsWith('Finished')"
const launch = (browser, executablePath) =>
  puppeteer.launch({
    browser,
    executablePath,
    args: browser === 'chrome' && process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    headless: true
  })
const text = (page, id) => page.$eval(`#${id}`, e => e.textContent)
const ready = page => page.waitForFunction("!document.querySelector('#train').disabled")

try {
  const sizes = readdirSync(folder).map(name => [name, gzipSync(readFileSync(join(folder, name)), { level: 9 }).length])
  for (const [name, size] of sizes) console.log(`${name.padEnd(12)} ${kilobytes(size)} by gzip`)
  const page = sizes.filter(([name]) => name !== 'digits.bin').reduce((n, [, size]) => n + size, 0)
  console.log(
    `without data ${kilobytes(page)} (limit 350 kB); digits ${kilobytes(Object.fromEntries(sizes)['digits.bin'])} (limit 300 kB)`
  )

  const chromium = await launch('chrome', process.env.CHROMIUM ?? '/usr/bin/chromium')
  const times = []
  for (let i = 0; i < 5; i++) {
    const context = await chromium.createBrowserContext()
    const fresh = await context.newPage()
    await fresh.setCacheEnabled(false)
    // presses Train as soon as that is possible, and keeps when the first step is shown
    await fresh.evaluateOnNewDocument(() => {
      const look = () => {
        const train = document.querySelector('#train')
        if (train !== null && !train.disabled && globalThis.pressed === undefined) {
          globalThis.pressed = performance.now()
          train.click()
        }
        if (globalThis.pressed !== undefined && document.querySelector('#steps').textContent !== '0')
          globalThis.first = performance.now() - performance.timing.loadEventEnd + performance.timing.navigationStart
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
    await fresh.goto(site.address, { waitUntil: 'load' })
    times.push(await (await fresh.waitForFunction('globalThis.first')).jsonValue())
    await context.close()
  }
  console.log(`first step   ${times.map(t => Math.round(t)).join(', ')} ms after load (limit 1000 ms)`)

  const busy = await chromium.newPage()
  await busy.goto(site.address)
  await ready(busy)
  await busy.click('[data-start=spirals]')
  await busy.$eval('#limit', e => {
    e.value = '8000'
    e.dispatchEvent(new Event('change'))
  })
  await ready(busy)
  await busy.evaluate(() => {
    globalThis.long = []
    new PerformanceObserver(list => globalThis.long.push(...list.getEntries().map(e => e.duration))).observe({
      entryTypes: ['longtask']
    })
    document.querySelector('#train').click()
  })
  await new Promise(done => setTimeout(done, 10_000))
  const long = await busy.evaluate('globalThis.long')
  console.log(
    `long tasks   ${long.length === 0 ? 'none above 50 ms' : long.map(t => `${Math.round(t)} ms`).join(', ')} in 10 s of training, ${await text(busy, 'steps')} steps`
  )
  await busy.close()

  const one = await chromium.newPage()
  await one.goto(site.address)
  await ready(one)
  await one.click('#train')
  await one.waitForFunction(finished)
  const link = one.url()
  console.log(`Chromium     ${await text(one, 'digest')}`)
  await chromium.close()
  const firefox = await launch('firefox', process.env.FIREFOX ?? '/usr/bin/firefox')
  const other = await firefox.newPage()
  await other.goto(link)
  await ready(other)
  await other.click('#train')
  await other.waitForFunction(finished)
  console.log(`Firefox      ${await text(other, 'digest')}: ${await text(other, 'verdict')}`)
  await firefox.close()
} finally {
  await site.close()
  rmSync(folder, { recursive: true, force: true })
}
