import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import type { Expr, Node, Op, Ops } from '../../src/expr/op.js'
import { scan, type ScanOptions } from '../../src/expr/scan.js'
import { shapeError } from '../../src/value/error.js'
import { filledTensor, isSound, type Aval, type DType } from '../../src/value/tensor.js'
import { argName, ops, runnable, samplesOf } from './arbitrary.js'
import { expectedType } from './expected.js'
import { run, wrong } from './helpers.js'
import { tensorOf } from '../support/tensors.js'

const x = (dtype: DType, ...shape: readonly number[]): Expr => b.input('x', dtype, shape)
const a = x('f32', 2, 3)
const bytes = x('u8', 2, 3)
const key = x('u32', 2)
const window = { size: [2, 2], stride: [1, 1], dilation: [1, 1] } as const
const lacksFloat = (op: Op): readonly Expr[] => [b.node(op, [bytes], {})]
const lacksPair = (op: Op): readonly Expr[] => [
  b.node(op, [a, x('f32', 3, 2)], {}),
  b.node(op, [a, x('f64', 2, 3)], {}),
  b.node(op, [bytes, bytes], {})
]
const lacksSame = (op: Op): readonly Expr[] => [b.node(op, [a, x('f32', 3, 2)], {}), b.node(op, [bytes, a], {})]

const loop = (other: Partial<ScanOptions>): Expr =>
  scan({
    steps: 2,
    carried: [x('f64', 3)],
    stacked: [b.cast(a, 'f64')],
    body: ([h], [y]) => ({ carried: [b.add(h as Expr, y as Expr)] }),
    ...other
  }).carried[0] as Expr

/** arguments and settings that don't suit each op */
const mistakes: { readonly [K in Op]: readonly Expr[] } = {
  input: [x('f32', 2, 0), x('f32', 1.5)],
  constant: [
    b.constant(300, { dtype: 'u8' }),
    b.constant(0.5, { dtype: 'u32' }),
    b.constant(1, { dtype: 'f32', shape: [2, -1] }),
    b.constant({ ...tensorOf('f32', [3], [1, 2, 3]), offset: 1 }),
    b.constant({ ...tensorOf('f32', [3], [1, 2, 3]), data: [1, 2, 3] }),
    b.constant({ ...filledTensor('f32', [3], 1), stride: [] })
  ],
  iota: [
    b.iota('f32', [3], 1),
    b.iota('f32', [3], 0.5),
    b.iota('f32', [0], 0),
    b.iota('bool', [3]),
    b.iota('u8', [257])
  ],
  invalid: [b.node('invalid', [], { error: shapeError(['here'], 'this', 'that', 'try') })],

  neg: lacksFloat('neg'),
  abs: lacksFloat('abs'),
  sign: lacksFloat('sign'),
  floor: lacksFloat('floor'),
  sqrt: lacksFloat('sqrt'),
  exp: lacksFloat('exp'),
  log: lacksFloat('log'),
  log1p: lacksFloat('log1p'),
  expm1: lacksFloat('expm1'),
  tanh: lacksFloat('tanh'),
  erf: lacksFloat('erf'),
  sin: lacksFloat('sin'),
  cos: lacksFloat('cos'),
  cast: [b.cast(a, 'u32'), b.cast(bytes, 'bool')],
  // takes anything
  stopGradient: [],

  add: lacksPair('add'),
  sub: lacksPair('sub'),
  mul: lacksPair('mul'),
  div: lacksPair('div'),
  max: lacksPair('max'),
  min: lacksPair('min'),
  pow: lacksPair('pow'),
  equal: lacksSame('equal'),
  less: lacksSame('less'),
  lessEqual: lacksSame('lessEqual'),
  select: [
    b.node('select', [a, a, a], {}),
    b.node('select', [x('bool', 3), a, a], {}),
    b.node('select', [x('bool', 2, 3), a, bytes], {})
  ],

  sum: [b.sum(bytes), b.sum(a, [2]), b.node('sum', [a], { axes: [1, 0] }), b.node('sum', [a], { axes: [0, 0] })],
  reduceMax: [b.reduceMax(bytes), b.reduceMax(a, [-3])],
  matmul: [
    b.matmul(a, a),
    b.matmul(a, x('f64', 3, 2)),
    b.matmul(bytes, bytes),
    b.matmul(x('f32', 3), a),
    b.matmul(x('f32', 4, 2, 3), x('f32', 5, 3, 2))
  ],

  reshape: [b.reshape(a, [4]), b.reshape(a, [-2, -3]), b.reshape(a, [1.5, 4])],
  transpose: [b.transpose(a, [0, 0]), b.transpose(a, [0]), b.transposed(x('f32', 3))],
  broadcast: [
    b.broadcast(a, [2, 4]),
    b.broadcast(a, [3]),
    b.broadcast(b.constant(1, { dtype: 'f32', shape: [5] }), [3]),
    b.broadcast(a, [0, 2, 3])
  ],
  slice: [b.slice(a, [1, 0], [2, 3]), b.slice(a, [0], [1]), b.slice(a, [0, -1], [1, 1]), b.slice(a, [0, 0], [0, 1])],
  concat: [
    b.concat([], 0),
    b.concat([a, x('f32', 2, 4)], 0),
    b.concat([a, bytes], 0),
    b.concat([a], 2),
    b.concat([a], 0.5)
  ],
  pad: [b.pad(a, [1], [1]), b.pad(a, [0, -1], [0, 0]), b.pad(bytes, [0, 1], [0, 0], 256)],

  gather: [b.gather(a, a), b.gather(x('f32'), key)],
  scatterAdd: [b.scatterAdd(a, key, 0), b.scatterAdd(a, x('u32', 3), 4), b.scatterAdd(bytes, key, 4)],
  oneHot: [b.oneHot(a, 3), b.oneHot(key, 0)],

  windows: [b.windows(a, [2, 2]), b.windows(x('f32', 1, 4, 4, 1), [0, 2]), b.windows(x('f32', 1, 2, 4, 1), [3, 2])],
  unwindows: [
    b.unwindows(x('f32', 1, 3, 3, 2, 2, 1), window, 5, 5),
    b.unwindows(x('f32', 1, 3, 3, 2, 2, 1), { ...window, stride: [0.5, 1] }, 4, 4),
    b.unwindows(x('u8', 1, 3, 3, 2, 2, 1), window, 4, 4)
  ],

  fingerprint: [b.fingerprint(bytes)],

  foldIn: [b.foldIn(a, 1), b.foldIn(key, -1), b.foldIn(key, 2 ** 32)],
  random: [b.random(a, 'uniform', [2]), b.random(key, 'uniform', [0])],
  scan: [
    loop({ steps: 0 }),
    loop({ steps: 1.5 }),
    loop({ steps: 3 }),
    loop({ body: ([h]) => ({ carried: [b.cast(h as Expr, 'f32')] }) }),
    loop({ body: () => ({ carried: [] }) }),
    b.node('scan', [x('f32', 3)], { ...(loop({}) as Node<'scan'>).attrs }),
    b.node('scan', [x('f32', 2, 3)], { ...(loop({}) as Node<'scan'>).attrs, stacked: 0 }),
    b.node('scan', (loop({}) as Node<'scan'>).args, { ...(loop({}) as Node<'scan'>).attrs, result: 'next/1' })
  ]
}

describe('the shape rule', () => {
  for (const numbers of ['any', 'tame'] as const)
    test.each(runnable)(`%s: says what comes out (${numbers})`, op => {
      fc.assert(
        fc.property(
          fc.constantFrom('f32', 'f64').chain(dtype => samplesOf(op, { dtype, numbers })),
          ({ node, attrs, args, inputs }) => {
            expect(node.op).toBe(op)
            const type = (expectedType[op] as (attrs: Ops[Op], args: readonly Aval[]) => Aval)(attrs, args)
            expect({ dtype: node.dtype, shape: node.shape }).toEqual({ dtype: type.dtype, shape: type.shape })
            const y = run(node, inputs)
            expect({ dtype: y.dtype, shape: y.shape }).toEqual({ dtype: node.dtype, shape: node.shape })
            expect(isSound(y)).toBe(true)
          }
        ),
        { numRuns: 20 }
      )
    })

  test('refuses what does not fit, in words', () => {
    const messages = Object.fromEntries(Object.entries(mistakes).map(([op, es]) => [op, es.map(wrong)]))
    expect(messages).toMatchSnapshot()
  })
  test('every refusal names its op', () => {
    for (const [op, es] of Object.entries(mistakes))
      for (const e of es) if (op !== 'invalid') expect(wrong(e).startsWith(`${op}: expected `)).toBe(true)
  })
})

describe('a mistake', () => {
  const bad = b.matmul(a, a)
  const takesArguments = ops.filter(op => !['input', 'constant', 'iota', 'invalid'].includes(op))

  test.each(takesArguments)('passes through %s', op => {
    fc.assert(
      fc.property(samplesOf(op, { dtype: 'f32', numbers: 'tame' }), fc.nat(7), ({ args, attrs }, place) => {
        const given = args.map((t, i) => (i === place % args.length ? bad : b.input(argName(i), t.dtype, t.shape)))
        expect(b.node(op, given, attrs)).toBe(bad)
      }),
      { numRuns: 10 }
    )
  })
  test('passes through what is built of ops', () => {
    const built = [
      ...[
        b.mean(bad, [-1]),
        b.total(bad),
        b.square(bad),
        b.transposed(bad),
        b.broadcast(bad, [2, 2]),
        b.concat([a, bad], 1)
      ],
      ...[
        b.add(1, bad),
        b.sub(bad, a),
        b.select(bad, 1, a),
        b.select(x('bool'), 1, bad),
        b.reshape(bad, [7]),
        b.slice(bad, [0], [1])
      ]
    ]
    for (const e of built) expect(wrong(e)).toBe(wrong(bad))
  })
  test('the first of several is reported', () => {
    expect(wrong(b.add(bad, b.reshape(a, [7])))).toBe(wrong(bad))
  })
})
