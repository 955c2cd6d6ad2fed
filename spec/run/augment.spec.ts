/** Augmentation in run files. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { executeRun } from '../../src/run/execute.js'
import { openRun } from '../../src/run/open.js'
import { parseRunFile, showRunFile, trainingOf } from '../../src/run/run-file.js'
import { left, right } from '../support/either.js'

const text = (augment: unknown): string =>
  JSON.stringify({
    data: { tag: 'arrays', train: { x: [[0], [1], [2], [3]], y: [[0], [2], [4], [6]] } },
    model: { input: [1], layers: [{ tag: 'dense', units: 1 }] },
    loss: 'meanSquaredError',
    optimizer: { tag: 'sgd', rate: 0.01 },
    batchSize: 2,
    stop: { tag: 'epochs', count: 2 },
    ...(augment === undefined ? {} : { augment })
  })
const lossOf = async (augment: unknown): Promise<number> =>
  right(executeRun(right(await openRun(right(parseRunFile(text(augment))))()), { backend: wasm })).train.loss

describe('augment in a run file', () => {
  const noise = [{ tag: 'noise', deviation: 0.5 }]
  test('is read, kept and written, and absent where it was not there', () => {
    const run = right(parseRunFile(text(noise)))
    expect(trainingOf(run).augment).toEqual(noise)
    expect(right(parseRunFile(showRunFile(run)))).toEqual(run)
    expect(showRunFile(right(parseRunFile(text(undefined))))).not.toContain('augment')
    expect(right(parseRunFile(text(undefined)))).not.toHaveProperty('augment')
  })
  test('takes a flip without its settings, as a program does', () =>
    expect(E.isRight(parseRunFile(text(['flip'])))).toBe(true))
  test('changes what is trained, the same way whenever it is run', async () => {
    const changed = await lossOf(noise)
    expect(changed).not.toBe(await lossOf(undefined))
    expect(await lossOf(noise)).toBe(changed)
    expect(await lossOf([])).toBe(await lossOf(undefined))
  })
  test('is refused with its place', () => {
    expect(left(parseRunFile(text([{ tag: 'noise' }])))).toContain('$/augment/0/deviation')
    expect(left(parseRunFile(text(['blur'])))).toContain('$/augment/0')
    expect(left(parseRunFile(text([{ tag: 'mixup', share: 0.7 }])))).toContain('$/augment/0/share')
    expect(left(parseRunFile(text([{ tag: 'erase', size: 2, more: 1 }])))).toContain('$/augment/0/more')
  })
})
