/** What the compiler makes of a run file's training step, and how long it takes. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { passNames } from '../../src/backend/kernel/compile.js'
import { gradfold } from './helpers.js'

const xor = readFileSync(new URL('../../examples/xor.json', import.meta.url), 'utf8')
const printed = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await gradfold(args, { stdin: xor })
  expect([code, err]).toEqual([0, ''])
  return out
}

describe('explain', () => {
  test('prints the kernels, the buffers and the totals', async () => {
    const out = await printed('explain', '-')
    expect(out).toContain('| kernel |')
    expect(out).toMatch(/\d+ nodes, \d+ after simplification, \d+ kernels, \d+ buffers\n/)
  })
  test.each(passNames)('--pass %s prints the program after that pass', async name => {
    const out = await printed('explain', '-', '--pass', name, '--threads', '2')
    expect(out).toContain('data/x')
    expect(out).not.toContain('| kernel |')
  })
  test('--wat prints the modules', async () => {
    expect(await printed('explain', '-', '--wat')).toMatch(/^;; thread 0, module 0\n\(module\n/)
  })
  test('refuses a pass that there is not, and text of a pass', async () => {
    const unknown = await gradfold(['explain', '-', '--pass', 'inline'], { stdin: xor })
    expect([unknown.code, unknown.out]).toEqual([2, ''])
    expect(unknown.err).toContain('simplify')
    const both = await gradfold(['explain', '-', '--pass', 'fuse', '--wat'], { stdin: xor })
    expect([both.code, both.out]).toEqual([2, ''])
  })
})

describe('profile', () => {
  test('prints a time for each kernel', async () => {
    const out = await printed('profile', '-', '--steps', '3')
    expect(out).toContain('| kernel |')
    // the clock of these tests moves a second whenever it is read
    expect(out).toMatch(/\d+\.0000 ms for a step of \d+ kernels: medians of 3 steps on 1 thread\n$/)
    expect(out).toContain(' 1000.0000 |')
  })
  test('refuses a number of steps that is none', async () => {
    const { code, out } = await gradfold(['profile', '-', '--steps', 'many'], { stdin: xor })
    expect([code, out]).toEqual([2, ''])
  })
})
