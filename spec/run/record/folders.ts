/** Folders of records that are gone when the tests are over. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { afterAll } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { RunOutcome, RecordOptions } from '../../../src/run/record/options.js'
import { recordRun } from '../../../src/run/record/recorder.js'
import { showError, type Problem } from '../../../src/value/error.js'
import { runOf } from './run.js'
import { right } from '../../support/either.js'

/** gives the path of another folder, which is not there yet, each time */
export const folders = (): { readonly fresh: () => string } => {
  const root = mkdtempSync(join(tmpdir(), 'gradfold-record-'))
  afterAll(() => {
    rmSync(root, { recursive: true, force: true })
  })
  let made = 0
  return { fresh: () => join(root, String(made++)) }
}
export const ok = async <A>(t: TaskEither<Problem<string>, A>): Promise<A> => right(await t())
export const bad = async (t: TaskEither<Problem<string>, unknown>): Promise<string> => {
  const r = await t()
  if (E.isRight(r)) throw new Error('it should have been refused')
  return showError(r.left)
}
export const record = (folder: string, epochs: number, o: Partial<RecordOptions> = {}): Promise<RunOutcome> =>
  ok(recordRun(folder, runOf(epochs), { backend: wasm, ...o }))
