import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { evaluate, loopOfRuns, type Loop, type Values } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import * as b from '../../src/expr/build.js'
import { program } from '../../src/expr/program.js'
import { backendError } from '../../src/value/error.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

const scalar = (x: number): Tensor => tensorOf('f32', [], [x])
const [w, rate, data] = [b.input('w', 'f32', []), b.input('rate', 'f32', []), b.input('data', 'f32', [2])]
const step = right(program({ w: b.add(w, b.mul(rate, b.total(data))), before: w }))
const double = right(program({ w: b.mul(w, 2) }))
const resident = { data: tensorOf('f32', [2], [1, 2]) }
const open = (): Loop => right(reference.loop([step, double], { w: scalar(1) }, resident))
const shown = (values: Values): object =>
  Object.fromEntries(Object.entries(values).map(([k, t]) => [k, Array.from(numbersOf(t))]))

describe('a loop', () => {
  test('feeds back what is named like what it started with, and hands out the rest', () => {
    const loop = open()
    expect(shown(right(loop.step(step, { rate: scalar(1) })))).toEqual({ before: [1] })
    expect(shown(right(loop.step(step, { rate: scalar(2) })))).toEqual({ before: [4] })
    expect(shown(loop.state())).toEqual({ w: [10] })
    expect(shown(right(loop.step(double, {})))).toEqual({})
    expect(shown(loop.state())).toEqual({ w: [20] })
    loop.close()
  })
  test('is a fold of single runs', () => {
    const rates = [1, 0.1, -2, 1e-8, 3]
    const loop = open()
    const executable = right(reference.compile(step))
    const folded = rates.reduce<Values>(
      (state, r) => ({ w: right(executable.run({ ...state, ...resident, rate: scalar(r) }))['w'] as Tensor }),
      { w: scalar(1) }
    )
    for (const r of rates) right(loop.step(step, { rate: scalar(r) }))
    expect(shown(loop.state())).toEqual(shown(folded))
  })
  for (const backend of [reference, wasm])
    test(`takes many steps at a time (${backend.name})`, () => {
      const rates = Array.from({ length: 600 }, (_, i) => 1 / (i + 1))
      const [one, many] = [0, 1].map(() => right(backend.loop([step, double], { w: scalar(1) }, resident))) as [
        Loop,
        Loop
      ]
      const single = rates.map(r => shown(right(one.step(step, { rate: scalar(r) }))) as { readonly before: number[] })
      const together = right(many.steps(step, 600, { rate: tensorOf('f32', [600], rates) }))
      expect(shown(together)).toEqual({ before: single.flatMap(s => s.before) })
      expect(shown(many.state())).toEqual(shown(one.state()))
      expect(left(many.steps(step, 2, { rate: tensorOf('f32', [3], [1, 2, 3]) }))).toBe(
        'input/rate: expected f32[2], got f32[3]'
      )
    })
  for (const backend of [reference, wasm])
    test(`puts other tensors in the places of those that it holds (${backend.name})`, () => {
      const loop = right(backend.loop([step, double], { w: scalar(1) }, resident))
      right(loop.place({ w: scalar(5), data: tensorOf('f32', [2], [10, 20]) }))
      right(loop.step(step, { rate: scalar(1) }))
      expect(shown(loop.state())).toEqual({ w: [35] })
      expect(left(loop.place({ v: scalar(1) }))).toMatch(/^input\/v: expected the name of a tensor/)
      expect(left(loop.place({ w: tensorOf('f32', [1], [1]) }))).toBe('input/w: expected f32[], got f32[1]')
    })
  test('hands out states that stay as they were', () => {
    const loop = open()
    const before = loop.state()
    right(loop.step(double, {}))
    expect(shown(before)).toEqual({ w: [1] })
  })
  test('hands out the same when it may write an earlier state over', () => {
    const [loop, other] = [open(), open()]
    const over = loop.state()
    for (const l of [loop, other]) right(l.step(double, {}))
    expect(shown(loop.state(over))).toEqual(shown(other.state()))
  })
  test('stays as it was after a step that failed', () => {
    const loop = open()
    expect(left(loop.step(step, {}))).toBe('input/rate: expected f32[], got nothing')
    expect(shown(loop.state())).toEqual({ w: [1] })
  })
  test('runs no program that it was not opened with', () => {
    expect(left(open().step(right(program({ w: b.neg(w) })), {}))).toMatchInlineSnapshot(
      `"loop: expected one of the programs the loop was opened with, got another"`
    )
  })
  test('cannot be opened with a program that cannot be compiled', () => {
    const never = loopOfRuns(() => E.left(backendError(['none'], 'a backend', 'none')))
    expect(left(never([step], {}, {}))).toBe('none: expected a backend, got none')
  })
})

describe('evaluate', () => {
  test('gives each output by its name', () => {
    const r = right(evaluate(reference)({ a: b.mul(w, 2), b: b.neg(w) }, { w: scalar(3) }))
    expect(shown(r)).toEqual({ a: [6], b: [-3] })
  })
  test('is Left for a mistake in an expression', () => {
    expect(left(evaluate(reference)({ y: b.matmul(data, data) }))).toMatch(/^matmul: /)
  })
})
