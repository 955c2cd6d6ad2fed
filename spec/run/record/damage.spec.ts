/** A record of which a byte has changed, or the end of a file is missing: what is said of it, whatever the place. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { diffRecords } from '../../../src/run/record/diff.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun } from '../../../src/run/record/recorder.js'
import { decodeRows, encodeHeader, encodeRows, rowSize, type Layout } from '../../../src/run/record/rows.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { parseRunFile } from '../../../src/run/run-file.js'
import { showError } from '../../../src/value/error.js'
import { folders, ok } from './folders.js'
import { right } from '../../support/either.js'

/** one place in so many: all of them in `npm run sweep:damage` */
const sparse = process.env['RUNS'] === undefined ? 23 : 1
const timeout = sparse === 1 ? 3_600_000 : 120_000

const run = right(
  parseRunFile(
    JSON.stringify({
      data: { tag: 'arrays', train: { x: [[0], [1], [2]], y: [[1], [0], [1]] } },
      model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
      loss: 'meanSquaredError',
      optimizer: { tag: 'momentum', rate: 0.1 },
      metrics: ['mae'],
      batchSize: 2,
      stop: { tag: 'epochs', count: 2 }
    })
  )
)
const { fresh } = folders()
const whole = fresh()
const damaged = fresh()
beforeAll(async () => {
  await ok(recordRun(whole, run, { backend: wasm }))
  cpSync(whole, damaged, { recursive: true })
})

/** what verify and diff say; neither throws, nor goes on for ever */
const said = async (): Promise<string> => {
  const verdict = await verifyRecord(damaged, { backend: wasm })()
  const difference = await diffRecords(whole, damaged)()
  for (const e of [verdict, difference])
    if (E.isLeft(e)) {
      expect(e.left._tag).toMatch(/Error$/)
      expect(showError(e.left).length).toBeLessThan(1000)
    }
  return E.isLeft(verdict) ? 'an error' : verdict.right.tag
}
const files = ['run.json', 'steps.bin', 'epochs.jsonl', 'result.json'] as const
/** white space and digits beyond what a number holds say nothing else */
const meansTheSame = (name: string, a: Uint8Array, b: Uint8Array): boolean => {
  if (name !== 'result.json') return false
  const json = (u: Uint8Array): E.Either<unknown, string> =>
    E.tryCatch(
      () => JSON.stringify(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(u))),
      e => e
    )
  const [x, y] = [json(a), json(b)]
  return E.isRight(x) && E.isRight(y) && x.right === y.right
}

describe.each(files)('%s', name => {
  test('with one byte changed is an error, or different', { timeout }, async () => {
    const bytes = readFileSync(join(whole, name))
    for (let i = name.length % sparse; i < bytes.length; i += sparse) {
      const other = Uint8Array.from(bytes, (b, k) => (k === i ? b ^ (1 << (i % 8)) : b))
      writeFileSync(join(damaged, name), other)
      if (!meansTheSame(name, bytes, other)) expect(await said(), `byte ${i}`).not.toBe('identical')
    }
    writeFileSync(join(damaged, name), bytes)
    expect(await said()).toBe('identical')
  })
  test('that is cut off is an error, or different', { timeout }, async () => {
    const bytes = readFileSync(join(whole, name))
    for (let n = 0; n < bytes.length; n += sparse) {
      writeFileSync(join(damaged, name), bytes.subarray(0, n))
      const what = await said()
      // without its result a run is one that was broken off; the end of a text file is a line's end
      if (!(name === 'result.json' && (n === 0 || n === bytes.length - 1)))
        expect(what, `${n} bytes`).not.toBe('identical')
    }
    rmSync(join(damaged, name))
    expect(await said()).toBe(name === 'run.json' ? 'an error' : name === 'result.json' ? 'identical' : 'different')
    writeFileSync(join(damaged, name), bytes)
  })
})

describe('a record that claims much', () => {
  const claims = (layout: Layout): void => {
    writeFileSync(join(damaged, 'steps.bin'), Uint8Array.of(...encodeHeader(layout), 1, 2, 3))
  }
  test('has no memory taken for rows that are not there', async () => {
    const sums = [{ name: 'mae', length: (2 ** 32 - 40) / 8 - 1 }]
    const layout = { sums, tensors: [], precision: 'f32' } as const
    expect(rowSize(layout)).toBeLessThan(2 ** 32)
    claims(layout)
    const before = process.memoryUsage().arrayBuffers
    expect(await said()).toBe('different')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(0x1000_0000)
  })
  test('of other tensors, or fewer, is different', async () => {
    const steps = (await ok(readRecord(whole))).steps
    if (steps === undefined) throw new Error('it should have steps')
    const rows = [...decodeRows(steps.layout, steps.rows)]
    const [first = '', second = ''] = steps.layout.tensors
    for (const tensors of [[], [first], [second, first], [first, second, 'another']]) {
      const layout = { ...steps.layout, tensors }
      const { bytes } = encodeRows(layout, rows)
      writeFileSync(join(damaged, 'steps.bin'), Uint8Array.of(...encodeHeader(layout), ...bytes))
      expect(await verifyRecord(damaged, { backend: wasm })()).toEqual(
        E.right({ tag: 'different', step: 1, at: 'what is recorded' })
      )
    }
  })
})
