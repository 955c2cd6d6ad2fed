import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import { showNumber } from '../../src/expr/number-text.js'
import { printProgram } from '../../src/expr/print.js'
import { program } from '../../src/expr/program.js'
import { ops, runnable, samplesOf } from './arbitrary.js'
import { right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

const print = (outputs: Parameters<typeof program>[0]): string => printProgram(right(program(outputs)))

describe('printProgram', () => {
  test('a line for each node, then the outputs', () => {
    const [x, w] = [b.input('x', 'f32', [32, 128]), b.input('params/dense/weight', 'f32', [128, 10])]
    const y = b.mul(b.matmul(x, w), 0.1)
    expect(print({ y, 'the loss': b.mean(y) })).toMatchInlineSnapshot(`
      "%0 = input f32[32, 128] x
      %1 = input f32[128, 10] params/dense/weight
      %2 = matmul f32[32, 10] %0 %1
      %3 = constant f32[32, 10] 0.1
      %4 = mul f32[32, 10] %2 %3
      %5 = cast f64[32, 10] %4
      %6 = sum f64[1, 1] %5 axes=[0, 1]
      %7 = constant f64[1, 1] 320
      %8 = div f64[1, 1] %6 %7
      %9 = cast f32[1, 1] %8
      y = %4
      "the loss" = %9"
    `)
  })
  test('settings that are not the type of the result', () => {
    const image = b.input('image', 'u8', [1, 5, 5, 1])
    const key = b.input('key', 'u32', [2])
    expect(
      print({
        w: b.windows(image, [3, 2], [2, 1]),
        p: b.pad(b.cast(image, 'f32'), [0, 1, 1, 0], [0, 0, 0, 0], -0),
        s: b.slice(image, [0, 1, 1, 0], [1, 2, 2, 1]),
        r: b.random(b.foldIn(key, 7), 'normal', [3])
      })
    ).toMatchInlineSnapshot(`
      "%0 = input u8[1, 5, 5, 1] image
      %1 = windows u8[1, 2, 4, 3, 2, 1] %0 size=[3, 2] stride=[2, 1] dilation=[1, 1]
      %2 = cast f32[1, 5, 5, 1] %0
      %3 = pad f32[1, 6, 6, 1] %2 low=[0, 1, 1, 0] high=[0, 0, 0, 0] value=-0
      %4 = slice u8[1, 2, 2, 1] %0 start=[0, 1, 1, 0]
      %5 = input u32[2] key
      %6 = foldIn u32[2] %5 data=7
      %7 = random f32[3] %6 distribution=normal
      w = %1
      p = %3
      s = %4
      r = %7"
    `)
  })
  test('constants are kept short', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i / 10)
    expect(
      print({ a: b.constant(tensorOf('f32', [10, 10], numbers)), b: b.constant(tensorOf('f64', [3], [1, NaN, -0])) })
    ).toMatchInlineSnapshot(`
      "%0 = constant f32[10, 10] 0 0.1 0.2 0.3 0.4 0.5 ...
      %1 = constant f64[3] 1 NaN -0
      a = %0
      b = %1"
    `)
  })
  test('every op has one line, whatever its settings', () => {
    expect(ops.length).toBeGreaterThan(40)
    for (const op of runnable)
      fc.assert(
        fc.property(samplesOf(op, { dtype: 'f32', numbers: 'any' }), ({ node, args }) => {
          // the body of a loop has indented lines
          const lines = print({ y: node })
            .split('\n')
            .filter(line => !line.startsWith('  '))
          expect(lines).toHaveLength((op === 'input' ? 1 : args.length + 1) + 1)
          expect(lines.at(-2)).toMatch(
            new RegExp(
              `^%\\d+ = ${op} (f32|f64|u8|u32|bool)\\[[\\d, ]*\\]( %\\d+){${op === 'input' ? 0 : args.length}}( |$)`
            )
          )
        }),
        { numRuns: 5 }
      )
  })
  test('a name with line breaks stays in its line', () => {
    expect(print({ y: b.input('a\nb "c"', 'f32', []) })).toBe('%0 = input f32[] "a\\nb \\"c\\""\ny = %0')
  })
})

describe('showNumber', () => {
  test('gives back the number of its element type', () => {
    fc.assert(fc.property(fc.float(), x => Object.is(Math.fround(Number(showNumber(x, 'f32'))), x)))
    fc.assert(fc.property(fc.double(), x => Object.is(Number(showNumber(x, 'f64')), x)))
  })
  test('and is no longer than need be', () => {
    expect([0.1, 1 / 3, 1e-45, 3.4028234663852886e38].map(x => showNumber(Math.fround(x), 'f32'))).toEqual([
      '0.1',
      '0.33333334',
      '1e-45',
      '3.4028235e+38'
    ])
  })
})
