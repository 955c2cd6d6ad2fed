/**
 * The numerics contract once more, written from its words and not from the reference backend: each op as a function of one
 * index, over plain arrays, with every rounding spelled out.
 */
import type { Expr, Op, Ops } from '../../src/expr/op.js'
import { bits32At, foldInWords, normalAt, uniformAt } from '../../src/random/index.js'
import * as el from '../../src/value/elementary.js'
import type { Aval, DType, Tensor } from '../../src/value/tensor.js'

type Index = readonly number[]
/** a tensor as a function of the index */
export interface Field extends Aval {
  readonly at: (index: Index) => number
}

export const fieldOf = ({ dtype, shape, stride, offset, data }: Tensor): Field => ({
  dtype,
  shape,
  at: index => data[index.reduce((sum, i, a) => sum + i * (stride[a] as number), offset)] as number
})

/** every index of a shape, in row-major order */
export const indexes = (shape: Index): readonly Index[] =>
  shape.reduce<readonly Index[]>((all, n) => all.flatMap(i => Array.from({ length: n }, (_, k) => [...i, k])), [[]])

const round = (dtype: DType, x: number): number => (dtype === 'f32' ? Math.fround(x) : x)

/** all numbers of a node, from those of its arguments and what is known of its value */
export type Naive<K extends Op> = (attrs: Ops[K], args: readonly Field[], out: Aval) => readonly number[]

const each =
  (
    f: (...xs: readonly number[]) => number
  ): ((attrs: unknown, args: readonly Field[], out: Aval) => readonly number[]) =>
  (_, args, out) =>
    indexes(out.shape).map(i => round(out.dtype, f(...args.map(a => a.at(i)))))
const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0)

/** NaN wins, and +0 is above -0 */
const larger = (x: number, y: number): number =>
  x !== x || y !== y ? NaN : x === y ? (isNegative(x) ? y : x) : x > y ? x : y
const smaller = (x: number, y: number): number => -larger(-x, -y)

/** the rows along some axes: for each index of the result the numbers that it is made of, in row-major order */
const alongAxes = (x: Field, axes: Index, out: Aval): readonly (readonly number[])[] =>
  indexes(out.shape).map(kept =>
    indexes(axes.map(a => x.shape[a] as number)).map(k =>
      x.at(kept.map((i, a) => (axes.includes(a) ? (k[axes.indexOf(a)] as number) : i)))
    )
  )
/** four sums, taken in turn, then (0 + 2) + (1 + 3) */
export const sumOf = (xs: readonly number[]): number => {
  const s: [number, number, number, number] = [0, 0, 0, 0]
  xs.forEach((x, i) => {
    const k = (i % 4) as 0 | 1 | 2 | 3
    s[k] = s[k] + x
  })
  return s[0] + s[2] + (s[1] + s[3])
}
const moved =
  <K extends Op>(
    from: (attrs: Ops[K], index: Index, x: Field) => Index | undefined,
    fill: (attrs: Ops[K]) => number = () => 0
  ): Naive<K> =>
  (attrs, [x], out) =>
    indexes(out.shape).map(i => {
      const place = from(attrs, i, x as Field)
      return place === undefined ? round(out.dtype, fill(attrs)) : (x as Field).at(place)
    })
/** sums in f64, each rounded once at the end: `to` says where the number of each index goes */
const scattered = (x: Field, out: Aval, to: (index: Index) => Index): readonly number[] => {
  const sums = new Map(indexes(out.shape).map(i => [i.join(), 0]))
  for (const i of indexes(x.shape)) sums.set(to(i).join(), (sums.get(to(i).join()) as number) + x.at(i))
  return [...sums.values()].map(s => round(out.dtype, s))
}
/** where row i, j of window y, x lies in the image */
const inImage = ({ stride, dilation }: Ops['windows'], [n, y, x, i, j, c]: Index): Index => {
  const place = (axis: 0 | 1, window = 0, row = 0): number => window * stride[axis] + row * dilation[axis]
  return [n as number, place(0, y, i), place(1, x, j), c as number]
}
const words = (x: Field): readonly [number, number] => [x.at([0]), x.at([1])]
/** numbers in row-major order as a function of the index */
const fieldFrom = ({ dtype, shape }: Aval, numbers: readonly number[]): Field => ({
  dtype,
  shape,
  at: index => numbers[index.reduce((at, i, a) => at * (shape[a] as number) + i, 0)] as number
})
const draw = { bits: bits32At, uniform: uniformAt, normal: normalAt }

export const naive: { readonly [K in Op]: Naive<K> } = {
  input: (_, [x]) => indexes((x as Field).shape).map((x as Field).at),
  constant: ({ value }) => indexes(value.shape).map(fieldOf(value).at),
  iota: ({ shape, axis }) => indexes(shape).map(i => i[axis] as number),
  invalid: () => [],

  neg: each((x = 0) => -x),
  abs: each((x = 0) => (isNegative(x) ? -x : x)),
  sign: each((x = 0) => (x > 0 ? 1 : x < 0 ? -1 : x)),
  floor: each((x = 0) => Math.floor(x)),
  sqrt: each((x = 0) => Math.sqrt(x)),
  exp: each((x = 0) => el.exp(x)),
  log: each((x = 0) => el.log(x)),
  log1p: each((x = 0) => el.log1p(x)),
  expm1: each((x = 0) => el.expm1(x)),
  tanh: each((x = 0) => el.tanh(x)),
  erf: each((x = 0) => el.erf(x)),
  sin: each((x = 0) => el.sin(x)),
  cos: each((x = 0) => el.cos(x)),
  cast: each((x = 0) => x),
  stopGradient: each((x = 0) => x),

  add: each((x = 0, y = 0) => x + y),
  sub: each((x = 0, y = 0) => x - y),
  mul: each((x = 0, y = 0) => x * y),
  div: each((x = 0, y = 0) => x / y),
  max: each((x = 0, y = 0) => larger(x, y)),
  min: each((x = 0, y = 0) => smaller(x, y)),
  pow: each((x = 0, y = 0) => el.pow(x, y)),
  equal: each((x, y) => (x === y ? 1 : 0)),
  less: each((x = 0, y = 0) => (x < y ? 1 : 0)),
  lessEqual: each((x = 0, y = 0) => (x <= y ? 1 : 0)),
  select: each((c, x = 0, y = 0) => (c === 1 ? x : y)),

  sum: ({ axes }, [x], out) => alongAxes(x as Field, axes, out).map(row => round(out.dtype, sumOf(row))),
  reduceMax: ({ axes }, [x], out) => alongAxes(x as Field, axes, out).map(row => row.reduce(larger)),
  matmul: (_, [a, b], out) =>
    indexes(out.shape).map(index => {
      const [batch, i, j] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number]
      let acc = 0
      for (let k = 0; k < ((a as Field).shape.at(-1) as number); k++) {
        const product = round(out.dtype, (a as Field).at([...batch, i, k]) * (b as Field).at([...batch, k, j]))
        acc = round(out.dtype, acc + product)
      }
      return acc
    }),

  reshape: (_, [x]) => indexes((x as Field).shape).map((x as Field).at),
  transpose: moved(({ permutation }, i) => permutation.map((_, a) => i[permutation.indexOf(a)] as number)),
  broadcast: moved((_, i, x) => i.map((k, a) => (x.shape[a] === 1 ? 0 : k))),
  slice: moved(({ start }, i) => i.map((k, a) => k + (start[a] as number))),
  concat: ({ axis }, args, out) => {
    const parts = args.flatMap(x => Array.from({ length: x.shape[axis] as number }, (_, k) => ({ x, k })))
    return indexes(out.shape).map(i => {
      const part = parts[i[axis] as number]
      return part === undefined ? NaN : part.x.at(i.map((k, a) => (a === axis ? part.k : k)))
    })
  },
  pad: moved(
    ({ low }, i, x) => {
      const place = i.map((k, a) => k - (low[a] as number))
      return place.every((k, a) => k >= 0 && k < (x.shape[a] as number)) ? place : undefined
    },
    ({ value }) => value
  ),

  gather: (_, [table, index], out) => {
    const rank = (index as Field).shape.length
    const last = ((table as Field).shape[0] as number) - 1
    return indexes(out.shape).map(i =>
      (table as Field).at([Math.min((index as Field).at(i.slice(0, rank)), last), ...i.slice(rank)])
    )
  },
  scatterAdd: ({ rows }, [values, index], out) => {
    const rank = (index as Field).shape.length
    return scattered(values as Field, out, i => [
      Math.min((index as Field).at(i.slice(0, rank)), rows - 1),
      ...i.slice(rank)
    ])
  },
  oneHot: (_, [x], out) => indexes(out.shape).map(i => ((x as Field).at(i.slice(0, -1)) === i.at(-1) ? 1 : 0)),

  windows: moved((w, i) => inImage(w, i)),
  unwindows: (w, [x], out) => scattered(x as Field, out, i => inImage(w, i)),

  fingerprint: (_, [x]) => {
    const { shape, dtype, at } = x as Field
    const wide = dtype === 'f64'
    const bytes = new DataView(new ArrayBuffer(8))
    const all = indexes(shape).flatMap(i => {
      if (wide) bytes.setFloat64(0, at(i), true)
      else bytes.setFloat32(0, at(i), true)
      return wide ? [bytes.getUint32(0, true), bytes.getUint32(4, true)] : [bytes.getUint32(0, true)]
    })
    const total = all.reduce((sum, w, i) => {
      const k = BigInt.asUintN(32, BigInt(i) * 0x9e3779b9n) | 1n
      return BigInt.asUintN(64, sum + BigInt(w) * k)
    }, 0n)
    return [Number(total & 0xffffffffn), Number(total >> 32n)]
  },

  foldIn: ({ data }, [key]) => foldInWords(words(key as Field), data),
  random: ({ distribution }, [key], out) =>
    indexes(out.shape).map((_, i) => draw[distribution](words(key as Field), i)),
  scan: ({ steps, reverse, carried, stacked, body, result }, args) => {
    let now = args.slice(0, carried)
    const made: (readonly number[])[] = []
    for (let i = 0; i < steps; i++) {
      const step = reverse ? steps - 1 - i : i
      const given = new Map<string, Field>()
      now.forEach((f, c) => given.set(`carried/${c}`, f))
      args.slice(carried, carried + stacked).forEach((f, x) => {
        given.set(`stacked/${x}`, { dtype: f.dtype, shape: f.shape.slice(1), at: index => f.at([step, ...index]) })
      })
      args.slice(carried + stacked).forEach((f, x) => given.set(`shared/${x}`, f))
      const values = new Map<unknown, Field>()
      for (const n of body.order as readonly Expr[]) {
        const known = n.op === 'input' ? given.get(n.attrs.name) : undefined
        const of = n.args.map(a => values.get(a) as Field)
        values.set(n, known ?? fieldFrom(n, (naive[n.op] as Naive<Op>)(n.attrs, of, n)))
      }
      now = now.map((_, c) => values.get(body.outputs[`next/${c}`]) as Field)
      const y = values.get(body.outputs[result]) as Field
      made[step] = indexes(y.shape).map(y.at)
      if (result !== 'output' && i === steps - 1) return made[step]
    }
    return made.flat()
  }
}
