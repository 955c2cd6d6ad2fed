/** The record of another version of the library: read, verified, compared; but not gone on with, as that would be another run. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { sha256Of } from '../../../src/run/sha256.js'
import { diffRecords } from '../../../src/run/record/diff.js'
import { encodeLink, relinked } from '../../../src/run/record/epochs.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { recordRun, resumeRun } from '../../../src/run/record/recorder.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { loadWeights } from '../../../src/run/weights.js'
import { version } from '../../../src/run/version.js'
import { bad, folders, ok, record } from './folders.js'
import { runOf } from './run.js'

const { fresh } = folders()
/** a record whose run file is changed, and its epochs chained to the new name; without checkpoints and result, which have the old one */
const changed = async (change: (json: string) => string): Promise<string> => {
  const folder = fresh()
  await record(folder, 2)
  const { links } = await ok(readRecord(folder))
  const text = change(readFileSync(join(folder, 'run.json'), 'utf8'))
  const id = sha256Of(new TextEncoder().encode(text))
  writeFileSync(join(folder, 'run.json'), text)
  writeFileSync(join(folder, 'epochs.jsonl'), relinked(links, id).map(encodeLink).join(''))
  for (const name of ['checkpoints', 'result.json']) rmSync(join(folder, name), { recursive: true })
  return folder
}

test('of an older version', async () => {
  const now = fresh()
  await record(now, 2)
  const older = await changed(json => json.replace(`"version":"${version}"`, '"version":"0.0.9"'))
  expect(await ok(verifyRecord(older, { backend: wasm }))).toMatchObject({ tag: 'identical', steps: 12, epochs: 2 })
  expect(await ok(diffRecords(older, now))).toEqual({
    changes: [{ path: ['version'], a: '0.0.9', b: version }],
    steps: { a: 12, b: 12 },
    damaged: []
  })
  expect(await bad(resumeRun(older, { backend: wasm }))).toBe(
    `${older}/version: expected a record of ${version}, the version of this gradfold, got 0.0.9; ` +
      'npx gradfold@0.0.9 resume continues it; this release can verify, diff and read it'
  )
  expect(await bad(recordRun(older, runOf(2), { backend: wasm }))).toMatch(
    /expected the record of the run \w+, got that of/
  )
})
test('of a newer format', async () => {
  const newer = await changed(json => json.replace('"format":1', '"format":2'))
  expect(await bad(resumeRun(newer, { backend: wasm }))).toBe(
    `${newer}/run.json/$/format: expected 1, the only format, got 2`
  )
})
test('of another version of the numerics contract: refused with both versions named, while its weights load', async () => {
  const folder = fresh()
  await record(folder, 2)
  const { run } = await ok(readRecord(folder))
  const file = join(folder, 'run.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"gradfold":1', '"gradfold":2'))
  const said = `${file}/$/gradfold: expected 1, the version of the numerics contract that this gradfold keeps, got 2`
  expect(await bad(resumeRun(folder, { backend: wasm }))).toContain(said)
  expect(await bad(verifyRecord(folder, { backend: wasm }))).toContain(said)
  const checkpoints = readdirSync(join(folder, 'checkpoints')).filter(name => name.endsWith('.safetensors'))
  expect(checkpoints).not.toEqual([])
  for (const name of checkpoints) {
    const { params } = await ok(loadWeights(run.model)(join(folder, 'checkpoints', name)))
    expect(Object.keys(params)).toEqual(['dense', 'batchNorm', 'dense2'])
  }
})
