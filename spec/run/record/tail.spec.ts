/** Bytes behind the end of a file: no chain covers them, so a record that has ended must have none. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { readRecord } from '../../../src/run/record/folder.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { folders, ok, record } from './folders.js'

const { fresh } = folders()

describe.each(['steps.bin', 'epochs.jsonl', 'result.json'])('%s', file => {
  test.each(['\n', ' ', '{}\n', '\0'.repeat(1000)])('with %j behind its end', async more => {
    const folder = fresh()
    await record(folder, 1)
    expect((await ok(readRecord(folder))).damage).toBeUndefined()
    appendFileSync(join(folder, file), more)
    const read = await readRecord(folder)()
    // JSON with something else behind it is no JSON
    if (read._tag === 'Left') return expect(file).toBe('result.json')
    expect(read.right.damage?.expected).toMatch(/^the end of the file after \d+ bytes$/)
    expect(await ok(verifyRecord(folder, { backend: wasm }))).toMatchObject({
      tag: 'different',
      at: `length of ${file}`
    })
  })
})
