/** Functions of the caller's that throw: a Left with the last state, and nothing stays locked. */
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { recordRun, resumeRun } from '../../../src/run/record/recorder.js'
import { verifyRecord } from '../../../src/run/record/verify.js'
import { ok, bad, folders } from './folders.js'
import { runOf } from './run.js'

const { fresh } = folders()
const thrown = (): never => {
  throw new Error('mine')
}
const onEpoch = (e: { readonly tag: string }): void => {
  if (e.tag === 'epoch') thrown()
}

test.each([
  ['observe', { observe: onEpoch }],
  ['stop', { stop: thrown }]
])('%s: what was done is kept, and the run resumes to the same end', async (name, callbacks) => {
  const [folder, whole] = [fresh(), fresh()]
  const first = await recordRun(folder, runOf(2), { backend: wasm, ...callbacks })()
  if (E.isRight(first) || first.left._tag !== 'CallbackError') throw new Error('it should have been refused')
  expect([first.left.path, first.left.got]).toEqual([[name], 'an error: mine'])
  const right = await ok(recordRun(whole, runOf(2), { backend: wasm }))
  const { step } = first.left.state.progress
  expect(step).toBeGreaterThan(0)
  const resumed = await ok(resumeRun(folder, { backend: wasm }))
  expect(resumed.from).toBe(step)
  expect(resumed.tag === 'ended' && resumed.end).toEqual(right.tag === 'ended' && right.end)
})

test('while a record is verified', async () => {
  const folder = fresh()
  await ok(recordRun(folder, runOf(1), { backend: wasm }))
  expect(await bad(verifyRecord(folder, { backend: wasm, observe: thrown }))).toContain('observe: expected a function')
})
