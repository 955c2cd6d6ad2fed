// A headless browser opens the golden page, on the loopback interface.
import puppeteer from 'puppeteer-core'
import { serve } from './server.mjs'

const minutes = 60_000

/** @returns how to run golden runs there, also in pages with less leave, and how to close it */
export const open = async (browser, executablePath) => {
  const site = await serve()
  // a sandbox of its own is refused to the superuser, as in containers
  const args = browser === 'chrome' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const driven = await puppeteer.launch({ browser, executablePath, args, headless: true, protocolTimeout: 5 * minutes })
  /** what the worker of a page answers */
  const visit = async (kind, threads) => {
    const page = await driven.newPage()
    try {
      await page.goto(`${site.address}/${kind}?threads=${threads}`)
      const answer = await page.evaluate(() => globalThis.finished)
      if (answer.error !== undefined) throw new Error(answer.error)
      const shown = await page.$eval('output', o => o.textContent)
      if (shown !== answer.digest) throw new Error(`the page shows ${shown}, not ${answer.digest}`)
      if (answer.isolated !== (kind !== 'alone'))
        throw new Error(`the page is ${answer.isolated ? '' : 'not '}isolated`)
      return answer
    } finally {
      await page.close()
    }
  }
  const run = async (kind, threads) => {
    const answer = await visit(kind, threads)
    if (kind === 'wasm' && answer.eval) throw new Error('the page may make code from text: its policy says nothing')
    return answer
  }
  /** a page that may not share memory gets the same bits from one thread; one that may not compile a typed error that names the reference backend */
  const limited = async () => {
    const answer = await run('alone', 2)
    if (answer.workers > 0) throw new Error('threads in a page that may not share memory')
    const { refused } = await visit('strict', 1)
    const unsaid = refused.filter(e => e.tag !== 'BackendError' || !e.message.includes('gradfold/ndarray'))
    if (unsaid.length > 0) throw new Error(`where nobody may compile: ${JSON.stringify(unsaid)}`)
    return answer
  }
  return {
    version: (await driven.version()).split('/')[1],
    run,
    limited,
    close: async () => {
      await driven.close()
      site.close()
    }
  }
}
