// A headless browser opens the golden page, on the loopback interface.
import puppeteer from 'puppeteer-core'
import { serve } from './server.mjs'

const minutes = 60_000

/** @returns how to run golden runs there, and how to close it */
export const open = async (browser, executablePath) => {
  const site = await serve()
  // a sandbox of its own is refused to the superuser, as in containers
  const args = browser === 'chrome' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const driven = await puppeteer.launch({ browser, executablePath, args, headless: true, protocolTimeout: 5 * minutes })
  const run = async (kind, threads) => {
    const page = await driven.newPage()
    try {
      await page.goto(`${site.address}/${kind}?threads=${threads}`)
      const answer = await page.evaluate(() => globalThis.finished)
      if (answer.error !== undefined) throw new Error(answer.error)
      const shown = await page.$eval('output', o => o.textContent)
      if (shown !== answer.digest) throw new Error(`the page shows ${shown}, not ${answer.digest}`)
      if (kind === 'wasm' && answer.eval) throw new Error('the page may make code from text: its policy says nothing')
      if (!answer.isolated) throw new Error('the page may not share memory')
      return answer
    } finally {
      await page.close()
    }
  }
  return {
    version: (await driven.version()).split('/')[1],
    run,
    close: async () => {
      await driven.close()
      site.close()
    }
  }
}
