import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import { program } from '../../src/expr/program.js'
import { left, right } from '../support/either.js'

const x = b.input('x', 'f32', [2])

describe('program', () => {
  test('lists the inputs that its outputs need, and no other', () => {
    const unused = b.input('unused', 'f32', [3])
    const { inputs } = right(program({ y: b.exp(x), z: b.sum(b.input('w', 'u8', [2]).dtype === 'u8' ? x : unused) }))
    expect(Object.keys(inputs)).toEqual(['x'])
  })
  test('lists every node once, arguments before users', () => {
    const e = b.exp(x)
    const { order } = right(program({ y: b.add(e, e), e }))
    expect(order.map(n => n.op)).toEqual(['input', 'exp', 'add'])
  })
  test('takes inputs of one name and kind for one input', () => {
    const again = b.input('x', 'f32', [2])
    expect(Object.keys(right(program({ y: b.add(x, again) })).inputs)).toEqual(['x'])
  })
  test('refuses inputs of one name and different kinds', () => {
    expect(left(program({ y: x, z: b.input('x', 'f32', [3]) }))).toMatchInlineSnapshot(
      `"input/x: expected f32[2] everywhere, got f32[3]; give the other input another name"`
    )
    expect(left(program({ y: x, z: b.input('x', 'f64', [2]) }))).toMatchInlineSnapshot(
      `"input/x: expected f32[2] everywhere, got f64[2]; give the other input another name"`
    )
  })
  test('refuses what could not be built, however deep', () => {
    const bad = Array.from({ length: 20_000 }).reduce<ReturnType<typeof b.exp>>(e => b.neg(e), b.matmul(x, x))
    expect(left(program({ fine: x, bad }))).toMatch(/^matmul: expected matrices/)
  })
  test('takes names that every object has', () => {
    const p = right(program({ constructor: b.exp(b.input('toString', 'f32', [2])) }))
    expect(Object.keys(p.inputs)).toEqual(['toString'])
    expect(Object.keys(p.outputs)).toEqual(['constructor'])
  })
  test('may have no outputs', () => expect(right(program({})).order).toEqual([]))
})
