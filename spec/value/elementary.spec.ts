import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { cos, erf, erfinv, exp, expm1, log, log1p, pow, sin, tanh } from '../../src/value/elementary.js'
import { erfinvExactly, exactly, powExactly, round32, ulps, type Exact } from './exact.js'
import { uniform } from '../support/random.js'

type Row = {
  readonly f: (x: number) => number
  readonly exact: (x: number, y: number) => Exact
  /** where the value is neither trivial nor infinite */
  readonly inside: (x: number) => boolean
  /** from a number in [0, 1) to an interesting argument */
  readonly spread: (u: number) => number
  /** the error it may have, in units in the last place of the f64 result */
  readonly bound: number
  readonly odd: boolean
}

const both = (u: number, f: (u: number) => number): number => (u < 0.5 ? -f(2 * u) : f(2 * u - 1))

const functions: Readonly<Record<string, Row>> = {
  exp: {
    f: exp,
    exact: exactly.exp,
    inside: x => Math.abs(x) < 708,
    spread: u => (u - 0.5) * 8,
    bound: 1,
    odd: false
  },
  expm1: {
    f: expm1,
    exact: exactly.expm1,
    inside: x => Math.abs(x) < 709,
    spread: u => (u - 0.5) * 4,
    bound: 2.5,
    odd: false
  },
  tanh: {
    f: tanh,
    exact: exactly.tanh,
    inside: x => Math.abs(x) < 700,
    spread: u => (u - 0.5) * 4,
    bound: 2.5,
    odd: true
  },
  log: { f: log, exact: exactly.log, inside: x => x > 0, spread: u => u * 4 + 2 ** -60, bound: 1, odd: false },
  log1p: { f: log1p, exact: exactly.log1p, inside: x => x > -1, spread: u => u * 4 - 0.999, bound: 1, odd: false },
  erf: { f: erf, exact: exactly.erf, inside: x => Math.abs(x) < 7, spread: u => (u - 0.5) * 8, bound: 2.5, odd: true },
  sin: { f: sin, exact: exactly.sin, inside: () => true, spread: u => (u - 0.5) * 100, bound: 1, odd: true },
  cos: { f: cos, exact: exactly.cos, inside: () => true, spread: u => (u - 0.5) * 100, bound: 1, odd: false },
  erfinv: {
    f: erfinv,
    exact: erfinvExactly,
    inside: x => Math.abs(x) < 1,
    spread: u => both(u, v => (v < 0.5 ? 2 * v : 1 - 2 ** (-50 * (v - 0.5)))),
    bound: 3.5,
    odd: true
  }
}

/** numbers in [0, 1) that fill it evenly: multiples of the golden ratio, without their whole parts */
const even = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => ((i + 1) * 0.6180339887498949) % 1)

const float = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0] as number
/** finite f32 numbers of every exponent and either sign */
const floats = even(8192)
  .map(u => float(Math.floor(u * 2 ** 32)))
  .filter(Number.isFinite)

/** what to look at: f32 numbers of all sizes, f32 and f64 numbers where the function is interesting, f64 numbers of all sizes */
const argumentsOf = ({ inside, spread }: Row): readonly number[] =>
  [
    ...floats,
    ...even(6000).map(u => Math.fround(spread(u))),
    ...even(6000).map(spread),
    ...even(1000).map(u => both(u, v => 2 ** ((v - 0.5) * 2000)))
  ].filter(x => x !== 0 && inside(x))

const seen: { function: string; inputs: number; 'max ulp': number; 'mean ulp': number; 'f32 misrounded'?: number }[] =
  []
afterAll(() => console.table(seen))

test('the exact functions give the known digits', () => {
  const digits = ({ m, e }: Exact): string =>
    (((m < 0n ? -m : m) * 10n ** 50n * 2n ** 2000n) >> BigInt(2000 - e)).toString()
  expect(digits(exactly.exp(1))).toBe('271828182845904523536028747135266249775724709369995')
  expect(digits(exactly.expm1(0.125))).toBe('13314845306682631682900722781179387256550313174518')
  expect(digits(exactly.tanh(-0.5))).toBe('46211715726000975850231848364367254873028928033011')
  expect(digits(exactly.log(10))).toBe('230258509299404568401799145468436420760110148862877')
  expect(digits(exactly.log1p(-0.75))).toBe('138629436111989061883446424291635313615100026872051')
  expect(digits(exactly.erf(2.5))).toBe('99959304798255504106043578426002508727965132259628')
  expect(digits(exactly.sin(10))).toBe('54402111088936981340474766185137728168364301291622')
  expect(digits(exactly.cos(2 ** 70))).toBe('6031484922481978513219882919075331252085090319652')
  expect(digits(powExactly(3, -2.5))).toBe('6415002990995841827879430894466193951640019458556')
  // one Newton step from a guess of 16 digits gives 32
  expect(digits(erfinvExactly(0.5, erfinv(0.5))).slice(0, 30)).toBe('476936276204469873381418353643')
})

describe.each(Object.entries(functions))('%s', (name, row) => {
  test(`is within ${row.bound} ulp in f64 and correctly rounded in f32`, { timeout: 60_000 }, () => {
    let [max, total, misrounded] = [0, 0, 0]
    const xs = argumentsOf(row)
    for (const x of xs) {
      const y = row.f(x)
      const z = row.exact(x, y)
      const off = ulps(y, z)
      max = Math.max(max, off)
      total += off
      if (Math.fround(x) === x && Math.fround(y) !== round32(z)) misrounded++
    }
    seen.push({
      function: name,
      inputs: xs.length,
      'max ulp': Number(max.toFixed(3)),
      'mean ulp': Number((total / xs.length).toFixed(3)),
      'f32 misrounded': misrounded
    })
    expect(xs.length).toBeGreaterThan(10_000)
    expect(misrounded).toBe(0)
    expect(max).toBeLessThanOrEqual(row.bound)
  })

  if (row.odd)
    test('is odd, to the bit', () => {
      fc.assert(fc.property(fc.double({ noNaN: true }), x => Object.is(row.f(-x), -row.f(x))))
      expect(Object.is(row.f(-0), -0)).toBe(true)
    })
})

/** all that the sweep over every f32 input found */
const ties: Readonly<Record<string, readonly number[]>> = {
  log: [0.011794382706284523, 9.472636222839355, 58037908, 1.2783783694984994e23, 5.498306075456329e28],
  log1p: [
    ...[7.152559078349441e-7, 0.000008583093404013198, 0.4951299726963043, 8.472636222839355, 1.2783783694984994e23],
    ...[5.498306075456329e28, -7.152555667744309e-7, -0.000008583044291299302, -0.0021787146106362343]
  ]
}
test.each(Object.keys(ties))('%s as f32 is wrong only where the right f64 is a tie between two f32', name => {
  const { f, exact } = functions[name] as Row
  for (const x of ties[name] as readonly number[]) {
    const [y, z] = [f(x), exact(x, 0)]
    expect(round32(z)).not.toBe(Math.fround(y))
    expect(y).toBe((round32(z) + Math.fround(y)) / 2)
    expect(ulps(y, z)).toBeLessThan(0.5)
  }
})

test('pow is within 1 ulp', { timeout: 60_000 }, () => {
  const us = even(12_000)
  let [max, total] = [0, 0]
  us.forEach((u, i) => {
    const x = 2 ** both(u, v => v * (i % 3 === 0 ? 0.01 : 40))
    const y = Math.fround(
      ((us[us.length - 1 - i] as number) - 0.5) * (1400 / Math.max(Math.abs(Math.log(x)), 2 ** -50))
    )
    if (Math.abs(y * Math.log(x)) > 707) return
    const off = ulps(pow(x, y), powExactly(x, y))
    max = Math.max(max, off)
    total += off
  })
  const mean = total / us.length
  seen.push({
    function: 'pow',
    inputs: us.length,
    'max ulp': Number(max.toFixed(3)),
    'mean ulp': Number(mean.toFixed(3))
  })
  expect(max).toBeLessThanOrEqual(1)
})

describe('laws', () => {
  const near = (a: number, b: number, units: number): boolean => Math.abs(a - b) <= units * 2 ** -52 * Math.abs(b)
  const size = uniform(-300, 300)
  const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true })

  test('exp turns sums into products, log turns them back', () => {
    fc.assert(fc.property(size, x => near(exp(x) * exp(-x), 1, 4)))
    fc.assert(fc.property(size, x => near(log(exp(x)), x, 2) || Math.abs(log(exp(x)) - x) < 2 ** -52))
  })
  test('exp, log, tanh and erf never fall where their argument rises by more than the error', () => {
    const pair = fc.tuple(uniform(0.01, 5), fc.double({ min: 1e-13, max: 1, noNaN: true }))
    fc.assert(
      fc.property(pair, ([x, d]) =>
        [exp, log, tanh, erf].every(f => (f(x) <= f(x + d) && f(-x - d) <= f(-x)) || f === log)
      )
    )
  })
  test('expm1 and log1p undo each other near 0', () => {
    fc.assert(fc.property(uniform(-0.5, 0.5), x => near(log1p(expm1(x)), x, 6)))
  })
  test('erf undoes erfinv', () => {
    fc.assert(fc.property(uniform(-1, 1), x => near(erf(erfinv(x)), x, 8) || Math.abs(x) < 1e-300))
  })
  test('sin and cos lie on the circle, for any size of angle', () => {
    const angle = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(fc.property(angle, x => near(sin(x) * sin(x) + cos(x) * cos(x), 1, 4)))
    fc.assert(fc.property(angle, x => Object.is(cos(x), cos(-x))))
  })
  test('pow is exact where the power is a double', () => {
    fc.assert(
      fc.property(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 1, max: 6 }), (x, n) => {
        const exactPower = Array.from({ length: n }).reduce<number>(a => a * x, 1)
        return pow(x, n) === exactPower
      })
    )
    fc.assert(fc.property(fc.integer({ min: -1074, max: 1023 }), n => pow(2, n) === 2 ** n))
    fc.assert(fc.property(positive, x => pow(x, 1) === x && near(pow(x, 0.5), Math.sqrt(x), 1)))
  })
})

describe('edges', () => {
  const rows: readonly (readonly [f: string, x: number, y: number])[] = [
    ...([
      ['exp', 0, 1],
      ['exp', -0, 1],
      ['exp', Infinity, Infinity],
      ['exp', -Infinity, 0],
      ['exp', NaN, NaN]
    ] as const),
    ...([
      ['exp', 709.782712893384, 1.7976931348622732e308],
      ['exp', 709.7827128933841, Infinity]
    ] as const),
    ...([
      ['exp', -745.1332191019411, 5e-324],
      ['exp', -745.1332191019413, 0],
      ['exp', 1e300, Infinity]
    ] as const),
    ...([
      ['expm1', -0, -0],
      ['expm1', 5e-324, 5e-324],
      ['expm1', -Infinity, -1],
      ['expm1', -1e300, -1]
    ] as const),
    ...([
      ['expm1', Infinity, Infinity],
      ['expm1', NaN, NaN],
      ['expm1', 709.7827128933841, Infinity]
    ] as const),
    ...([
      ['tanh', Infinity, 1],
      ['tanh', -Infinity, -1],
      ['tanh', 1e300, 1],
      ['tanh', 5e-324, 5e-324]
    ] as const),
    ...([
      ['tanh', NaN, NaN],
      ['erf', Infinity, 1],
      ['erf', -Infinity, -1],
      ['erf', 6, 1],
      ['erf', NaN, NaN]
    ] as const),
    ...([
      ['log', 0, -Infinity],
      ['log', -0, -Infinity],
      ['log', 1, 0],
      ['log', -1, NaN],
      ['log', NaN, NaN]
    ] as const),
    ...([
      ['log', Infinity, Infinity],
      ['log', -Infinity, NaN],
      ['log', 5e-324, -744.4400719213812]
    ] as const),
    ...([
      ['log1p', -0, -0],
      ['log1p', -1, -Infinity],
      ['log1p', -1.5, NaN],
      ['log1p', Infinity, Infinity]
    ] as const),
    ...([
      ['log1p', -Infinity, NaN],
      ['log1p', NaN, NaN],
      ['log1p', 1.7976931348623157e308, 709.782712893384]
    ] as const),
    ...([
      ['sin', -0, -0],
      ['sin', Infinity, NaN],
      ['sin', NaN, NaN],
      ['sin', 1e22, -0.8522008497671888]
    ] as const),
    ...([
      ['cos', -0, 1],
      ['cos', -Infinity, NaN],
      ['cos', NaN, NaN],
      ['cos', 1e22, 0.523214785395139]
    ] as const),
    ...([
      ['sin', 5.319372648326541e255, 1],
      ['cos', 5.319372648326541e255, -4.687165924254628e-19]
    ] as const),
    ...([
      ['erfinv', 1, Infinity],
      ['erfinv', -1, -Infinity],
      ['erfinv', 1.5, NaN],
      ['erfinv', NaN, NaN]
    ] as const)
  ]
  test.each(rows)('%s(%d) is %d', (name, x, y) => expect((functions[name] as Row).f(x)).toBe(y))

  test.each([
    ['exp', 88.72283, 3.4027985e38],
    ['exp', 88.72284, Infinity],
    ['exp', -103.97207, 1e-45],
    ['exp', -103.97209, 0]
  ])('%s(%d) as f32 is %d', (name, x, y) =>
    expect(Math.fround((functions[name] as Row).f(Math.fround(x)))).toBe(Math.fround(y))
  )

  const powers: readonly (readonly [x: number, y: number, z: number])[] = [
    ...([
      [NaN, 0, 1],
      [1, NaN, 1],
      [1, Infinity, 1],
      [-1, -Infinity, 1],
      [NaN, 1, NaN],
      [2, NaN, NaN]
    ] as const),
    ...([
      [0, 3, 0],
      [-0, 3, -0],
      [-0, 2, 0],
      [-0, 0.5, 0],
      [0, -3, Infinity],
      [-0, -3, -Infinity]
    ] as const),
    ...([
      [-0, -2, Infinity],
      [Infinity, 2, Infinity],
      [Infinity, -2, 0],
      [-Infinity, 3, -Infinity]
    ] as const),
    ...([
      [-Infinity, -3, -0],
      [-Infinity, 2, Infinity],
      [-Infinity, 0.5, Infinity],
      [-Infinity, -0.5, 0]
    ] as const),
    ...([
      [0.5, Infinity, 0],
      [2, Infinity, Infinity],
      [-0.5, -Infinity, Infinity],
      [-2, -Infinity, 0]
    ] as const),
    ...([
      [-2, 3, -8],
      [-2, 2, 4],
      [-2, 0.5, NaN],
      [-8, 1 / 3, NaN],
      [2, 1024, Infinity],
      [-2, 1025, -Infinity]
    ] as const),
    ...([
      [2, -1075, 0],
      [5e-324, 2, 0],
      [1e308, 2, Infinity],
      [-1, 2 ** 53, 1],
      [-1, 2 ** 53 - 1, -1]
    ] as const),
    ...([
      [1 + 2 ** -52, 1e300, Infinity],
      [1 - 2 ** -53, 1e300, 0],
      [5e-324, 0.5, 2.2227587494850775e-162]
    ] as const)
  ]
  test.each(powers)('%d to the power %d is %d', (x, y, z) => expect(pow(x, y)).toBe(z))
})

describe('the same bits everywhere: the digest of the f64 results', () => {
  const xs = [...floats, ...even(8192).map(u => u * 32 - 16), ...even(8192).map(u => u * 2 - 1)]
  const digest = (f: (x: number, i: number) => number): string =>
    createHash('sha256')
      .update(Buffer.from(Float64Array.from(xs, (x, i) => (Number.isNaN(f(x, i)) ? 0 : f(x, i))).buffer))
      .digest('hex')
      .slice(0, 16)

  test.each([
    ['exp', exp, 'aaa0dd439ea053af'],
    ['expm1', expm1, 'cf7693e78146f4f5'],
    ['tanh', tanh, '27584b1c2c31c158'],
    ['log', log, 'd2c091cfb571505b'],
    ['log1p', log1p, '1bf67adeabd9c943'],
    ['erf', erf, 'd8705a2a15dafd91'],
    ['sin', sin, '73e1e0557a0165f3'],
    ['cos', cos, 'f811af7943ca657d'],
    ['erfinv', erfinv, '0de9e2248e4cbacb'],
    ['pow', (x: number, i: number) => pow(Math.abs(x), (i % 64) / 4 - 8), '858d84d4bb9c574c']
  ])('%s', (_, f, bits) => expect(digest(f)).toBe(bits))
})
