import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import * as b from '../../src/expr/build.js'
import { programCodec } from '../../src/expr/codec.js'
import { grad } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import { printProgram } from '../../src/expr/print.js'
import { program, type Program } from '../../src/expr/program.js'
import { decode, parseJson } from '../../src/value/codec.js'
import { showError } from '../../src/value/error.js'
import { sameBits, type Tensor } from '../../src/value/tensor.js'
import { argName, runnable, samplesOf } from './arbitrary.js'
import { right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

const text = (p: Program): string => JSON.stringify(programCodec.encode(p))
const again = (p: Program): Program => right(parseJson(programCodec)(text(p)))
const programOf = (outputs: Readonly<Record<string, Expr>>): Program => right(program(outputs))

describe('a program written and read', () => {
  test.each(runnable)('%s: the same text, the same JSON, the same bits', op => {
    fc.assert(
      fc.property(samplesOf(op, { dtype: 'f32', numbers: 'any' }), ({ node, inputs }) => {
        const p = programOf({ y: node, 'the first': node.args[0] ?? node })
        const q = again(p)
        expect(printProgram(q)).toBe(printProgram(p))
        expect(text(q)).toBe(text(p))
        const given = op === 'input' ? { [argName(0)]: inputs['a'] as Tensor } : inputs
        const run = (x: Program) => right(right(reference.compile(x)).run(given))['y'] as Tensor
        expect(sameBits(run(q), run(p))).toBe(true)
      }),
      { numRuns: 20 }
    )
  })
  test('nodes that are used twice are written once', () => {
    const x = b.input('x', 'f64', [2, 2])
    const f = (e: Expr): Expr => b.total(b.tanh(b.matmul(e, b.exp(e))))
    const p = programOf({ g: grad(f)(x), y: f(x) })
    expect(again(p).order).toHaveLength(p.order.length)
    expect(printProgram(again(p))).toBe(printProgram(p))
  })
  test('constants keep every bit', () => {
    const numbers = [0, -0, NaN, Infinity, -Infinity, 2 ** -1074, 0.1]
    const p = programOf({ y: b.constant(tensorOf('f64', [7], numbers)) })
    const read = again(p).outputs['y']
    expect(read?.op === 'constant' ? [...read.attrs.value.data] : []).toEqual(numbers)
  })
})

describe('what is no program is refused with its place', () => {
  const refusal = (u: unknown): string => {
    const r = decode(programCodec)(u)
    return E.isLeft(r) ? showError(r.left) : 'nothing is refused'
  }
  const x = { op: 'input', args: [], attrs: { name: 'x', dtype: 'f32', shape: [2] } }
  const exp = { op: 'exp', args: [0], attrs: {} }
  const said = (nodes: readonly unknown[], outputs: unknown = { y: 0 }): string =>
    refusal({ format: 1, nodes, outputs })
  const constant = (value: unknown): readonly unknown[] => [{ op: 'constant', args: [], attrs: { value } }]

  test.each<readonly [string, string, readonly unknown[]]>([
    ['an unknown op', '$/nodes/0/op', [{ ...x, op: 'constructor' }]],
    ['an invalid node', '$/nodes/0/op', [{ op: 'invalid', args: [], attrs: {} }]],
    ['an unknown field', '$/nodes/0/shape', [{ ...x, shape: [2] }]],
    ['an unknown attribute', '$/nodes/0/attrs/size', [{ ...x, attrs: { ...x.attrs, size: 1 } }]],
    ['an argument too few', '$/nodes/0/args', [{ ...exp, args: [] }]],
    ['an argument too many', '$/nodes/1/args', [x, { ...exp, args: [0, 0] }]],
    ['nothing to join', '$/nodes/0/args', [{ op: 'concat', args: [], attrs: { axis: 0 } }]],
    ['a node that uses itself', '$/nodes/1/args/0', [x, { ...exp, args: [1] }]],
    ['a shape that does not fit', '$/nodes/1', [x, { op: 'reshape', args: [0], attrs: { shape: [3] } }]],
    ['a size of 0', '$/nodes/0', [{ ...x, attrs: { ...x.attrs, shape: [0] } }]],
    [
      'sizes without end',
      '$/nodes/1',
      [x, { op: 'pad', args: [0], attrs: { low: [2 ** 53 - 1], high: [2 ** 53 - 1], value: 0 } }]
    ],
    ['bytes missing', '$/nodes/0/attrs/value/bytes', constant({ dtype: 'f32', shape: [3], bytes: '0000803f0000803f' })],
    ['half a byte', '$/nodes/0/attrs/value/bytes', constant({ dtype: 'u8', shape: [], bytes: '0' })],
    ['a truth value of 2', '$/nodes/0/attrs/value/bytes', constant({ dtype: 'bool', shape: [], bytes: '02' })],
    [
      'one number in too many places',
      '$/nodes/0/attrs/value/bytes',
      constant({ dtype: 'u8', shape: [2 ** 40, 2 ** 40], bytes: '00' })
    ]
  ])('%s', (_, place, nodes) => {
    expect(said(nodes).startsWith(`${place}: expected `)).toBe(true)
  })
  test('an output that is no node, and two inputs of one name', () => {
    expect(said([x], { y: 1 })).toMatch(/^\$\/outputs\/y: /)
    const other = { ...x, attrs: { ...x.attrs, shape: [3] } }
    expect(said([x, other], { y: 0, z: 1 })).toMatch(/^\$\/nodes: /)
  })
  test('another format', () => expect(refusal({ format: 2, nodes: [], outputs: {} })).toMatch(/^\$\/format: /))
  test('whatever it is, nothing is thrown', () => {
    const node = fc.record({
      op: fc.constantFrom(...runnable),
      args: fc.array(fc.nat(3), { maxLength: 3 }),
      attrs: fc.dictionary(
        fc.constantFrom('shape', 'axes', 'axis', 'dtype', 'value', 'size', 'stride', 'dilation', 'rows', 'low', 'high'),
        fc.oneof(fc.jsonValue(), fc.array(fc.nat(3)), fc.nat())
      )
    })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(node)), nodes => {
        expect(decode(programCodec)({ format: 1, nodes, outputs: { y: 0 } })._tag).toMatch(/Left|Right/)
      }),
      { numRuns: 300 }
    )
  })
})
