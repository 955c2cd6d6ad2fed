/** The report that `train --serve` shows while it trains. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/command.js'
import { serveRecord, type Served } from '../../src/cli/serve.js'
import { runJson } from '../run/record/run.js'
import { left, right } from '../support/either.js'
import { gradfold, Memory } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-serve-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
writeFileSync(at('run.json'), JSON.stringify(runJson(2)))
writeFileSync(at('long.json'), JSON.stringify({ ...runJson(2), stop: { tag: 'epochs', count: 20 } }))

interface Answer {
  readonly status: number
  readonly policy: string
  readonly text: string
}
const ask = (address: string, headers: Readonly<Record<string, string>> = {}, method = 'GET', path = '/') =>
  new Promise<Answer>((resolve, reject) => {
    const { port } = new URL(address)
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          policy: String(response.headers['content-security-policy']),
          text: Buffer.concat(parts).toString()
        })
      )
    })
    sent.on('error', reject)
    sent.end()
  })
const digest = (name: string): string =>
  (JSON.parse(readFileSync(join(at(name), 'result.json'), 'utf8')) as { readonly state: string }).state

describe('a served report', () => {
  test('answers its own host alone, and its own path', async () => {
    await gradfold(['train', at('run.json'), '--record', at('done'), '--quiet'])
    const served: Served = right(await serveRecord(at('done'), 0)())
    const { address } = served
    const { port } = new URL(address)
    expect(new URL(address).hostname).toBe('127.0.0.1')
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port}.evil.example`]) {
      const { status, text } = await ask(address, { host })
      expect([host, status >= 400, text.includes('<html')]).toEqual([host, true, false])
    }
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      expect((await ask(address, { host })).status).toBe(200)
    expect((await ask(address, {}, 'POST')).status).toBe(405)
    for (const path of ['/run.json', '/../run.json', '/?x', '//'])
      expect((await ask(address, {}, 'GET', path)).status).toBe(404)
    const { policy, text } = await ask(address)
    expect(policy).toContain("default-src 'none'")
    expect(text).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
    expect(/<script|http-equiv="refresh"/.test(text)).toBe(false)
    await served.close()
    await expect(ask(address)).rejects.toThrow()
  })
  test('of a record that is not there yet says so, and is asked for again', async () => {
    const served = right(await serveRecord(at('nothing'), 0)())
    const { status, text } = await ask(served.address)
    expect([status, text.includes('No step is recorded yet'), text.includes('http-equiv="refresh"')]).toEqual([
      200,
      true,
      true
    ])
    const taken = Number(new URL(served.address).port)
    expect(left(await serveRecord(at('nothing'), taken)())).toContain('EADDRINUSE')
    // a second browser
    expect((await ask(served.address)).status).toBe(200)
    const closing = served.close()
    // each browser that had the page receives the last one
    expect((await ask(served.address)).status).toBe(200)
    expect((await ask(served.address)).status).toBe(200)
    await closing
    await expect(ask(served.address)).rejects.toThrow()
  })
  test('shows a run while it trains, changes none of its bits and ends with it', async () => {
    await gradfold(['train', at('long.json'), '--record', at('alone'), '--quiet'])
    const pages: Promise<Answer>[] = []
    let address = ''
    const err = new Writable({
      decodeStrings: false,
      write: (chunk: string, _, done) => {
        address = /http:\S+/.exec(chunk)?.[0] ?? address
        if (address !== '' && pages.length === 0) pages.push(ask(address))
        done()
      }
    })
    const io = {
      out: new Memory(),
      err,
      now: () => 0,
      animated: false,
      stdin: () => err as never,
      version: '1',
      env: {},
      onEndSignal: () => () => undefined
    }
    const training = run(['train', at('long.json'), '--record', at('shown'), '--serve', '--quiet'], io)
    while (pages[0] === undefined) await new Promise(done => setTimeout(done, 5))
    expect((await pages[0]).status).toBe(200)
    // the page that the browser asks for once more, as the first one says
    let last = await ask(address)
    while (last.text.includes('http-equiv="refresh"')) {
      await new Promise(done => setTimeout(done, 50))
      last = await ask(address)
    }
    expect(last.text.includes('finished: epochs 20')).toBe(true)
    expect(await training).toBe(0)
    expect(digest('shown')).toBe(digest('alone'))
    await expect(ask(address)).rejects.toThrow()
  })
  test('is refused without a record, and at a port that is none', async () => {
    const wrong = async (...args: readonly string[]) => (await gradfold(['train', at('run.json'), ...args])).err
    expect(await wrong('--serve')).toContain('it goes with --record')
    expect(await wrong('--port', '80')).toContain('it goes with --serve')
    expect(await wrong('--serve', '--record', at('x'), '--port', '65536')).toContain('a whole number from 0 to 65535')
  })
})
