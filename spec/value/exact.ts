/**
 * Elementary functions in whole numbers of some 256 bits: series and reductions that share nothing with src/value/elementary.
 * A value is m 2^e with a whole m; results are right to about 2^-200 of themselves.
 */
export interface Exact {
  readonly m: bigint
  readonly e: number
}

const BITS = 256

const cell = new Float64Array(1)
const bits = new BigUint64Array(cell.buffer)

/** a finite double, exactly */
export const exact = (x: number): Exact => {
  cell[0] = x
  const b = bits[0] as bigint
  const biased = Number((b >> 52n) & 0x7ffn)
  const fraction = b & 0xfffffffffffffn
  const m = biased === 0 ? fraction : fraction | 0x10000000000000n
  return { m: b >> 63n === 0n ? m : -m, e: Math.max(biased, 1) - 1075 }
}

const abs = (n: bigint): bigint => (n < 0n ? -n : n)
const shift = (n: bigint, by: number): bigint => (by >= 0 ? n << BigInt(by) : n >> BigInt(-by))
const size = (n: bigint): number =>
  n === 0n ? 0 : abs(n).toString(16).length * 4 - Math.clz32(parseInt(abs(n).toString(16)[0] as string, 16)) + 28

/** floor(log2 |x|) */
export const exponentOf = ({ m, e }: Exact): number => size(m) - 1 + e
/** floor(x 2^p) */
const fixed = ({ m, e }: Exact, p: number): bigint => shift(m, e + p)
/** enough bits after the point for 256 right ones, however small x is */
const fine = (x: Exact): number => BITS + Math.max(0, -exponentOf(x))

const plus = (a: Exact, b: Exact): Exact => {
  const e = Math.min(a.e, b.e)
  return { m: shift(a.m, a.e - e) + shift(b.m, b.e - e), e }
}
const times = (a: Exact, b: Exact): Exact => ({ m: a.m * b.m, e: a.e + b.e })
const over = (a: Exact, b: Exact): Exact => {
  const up = Math.max(0, size(b.m) - size(a.m) + BITS)
  return { m: shift(a.m, up) / b.m, e: a.e - up - b.e }
}
const whole = (n: number): Exact => ({ m: BigInt(n), e: 0 })
const minus = (a: Exact, b: Exact): Exact => plus(a, { m: -b.m, e: b.e })

/** the sum of first, first next(1), first next(1) next(2), ... until a term is 0 */
const series = (first: bigint, next: (term: bigint, n: bigint) => bigint): bigint => {
  let [total, term] = [first, first]
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = next(term, n)
    total += term
  }
  return total
}

/** atanh(a/b) with p bits after the point */
const atanhOf = (a: bigint, b: bigint, p: number): bigint => {
  const x = shift(a, p) / b
  const square = (x * x) >> BigInt(p)
  let [total, power] = [x, x]
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = (power * square) >> BigInt(p)
    total += power / n
  }
  return total
}

/** atan(1/n) with p bits after the point */
const atanInverse = (n: bigint, p: number): bigint => {
  let power = (1n << BigInt(p)) / n
  let total = power
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power /= n * n
    total += (sign * power) / k
  }
  return total
}

const squareRoot = (n: bigint): bigint => {
  let x = 1n << BigInt(Math.ceil(size(n) / 2) + 1)
  for (let y = (x + n / x) >> 1n; y < x; y = (x + n / x) >> 1n) x = y
  return x
}

const WIDE = 1600
const LN2: Exact = { m: 2n * atanhOf(1n, 3n, WIDE), e: -WIDE }
/** Machin's formula */
const PI: Exact = { m: 4n * (4n * atanInverse(5n, WIDE) - atanInverse(239n, WIDE)), e: -WIDE }
const SQRT_PI: Exact = { m: squareRoot(PI.m << BigInt(WIDE)), e: -WIDE }

/** a whole number within 1 of a / b, and the nearest one where a >= 0 */
const ratio = (a: Exact, b: Exact): bigint => {
  const e = Math.min(a.e, b.e)
  const unit = shift(b.m, b.e - e)
  return (2n * shift(a.m, a.e - e) + unit) / (2n * unit)
}

/** e^x, halving the argument eight times before the series and squaring as often after it */
const expOf = (x: Exact): Exact => {
  const k = ratio(x, LN2)
  const p = BITS + 40
  const r = fixed(minus(x, { m: k * LN2.m, e: LN2.e }), p) >> 8n
  let y = series(1n << BigInt(p), (t, n) => ((t * r) >> BigInt(p)) / n)
  for (let i = 0; i < 8; i++) y = (y * y) >> BigInt(p)
  return { m: y, e: Number(k) - p }
}

const expm1Of = (x: Exact): Exact => {
  if (exponentOf(x) >= -1) return minus(expOf(x), whole(1))
  const p = fine(x)
  const r = fixed(x, p)
  return { m: series(r, (t, n) => ((t * r) >> BigInt(p)) / (n + 1n)), e: -p }
}

const logOf = (x: Exact): Exact => {
  const k = (exponentOf(times(x, x)) + 1) >> 1
  const m: Exact = { m: x.m, e: x.e - k }
  const [f, g] = [minus(m, whole(1)), plus(m, whole(1))]
  const e = Math.min(f.e, g.e)
  const p = f.m === 0n ? BITS : fine(f)
  const y: Exact = { m: 2n * atanhOf(shift(f.m, f.e - e), shift(g.m, g.e - e), p), e: -p }
  return k === 0 ? y : plus(y, times(whole(k), LN2))
}

/** 2/sqrt(pi) e^(-x^2) x (1 + 2x^2/3 + (2x^2)^2/15 + ...): no term is negative */
const erfOf = (x: Exact): Exact => {
  const p = BITS
  const square = times(x, x)
  const z = 2n * fixed(square, p)
  const y = series(1n << BigInt(p), (t, n) => ((t * z) >> BigInt(p)) / (2n * n + 1n))
  return over(times(times({ m: 2n * y, e: -p }, x), expOf({ m: -square.m, e: square.e })), SQRT_PI)
}

/** sin or cos by the quadrant, from the series of the sine and of the cosine */
const circleOf = (x: Exact, turn: bigint): Exact => {
  const half: Exact = { m: PI.m, e: PI.e - 1 }
  const n = ratio(x, half)
  const r = minus(x, { m: n * half.m, e: half.e })
  const p = fine(r) + 64
  const v = fixed(r, p)
  const square = (v * v) >> BigInt(p)
  const q = (n + turn) & 3n
  const odd = (q & 1n) === 1n
  const y = series(odd ? 1n << BigInt(p) : v, (t, i) => {
    const a = odd ? 2n * i : 2n * i + 1n
    return -((t * square) >> BigInt(p)) / (a * (a - 1n))
  })
  return { m: q < 2n ? y : -y, e: -p }
}

/** the functions of one finite argument inside their domain, at which nothing is infinite; an even or odd one gets |x| */
export const exactly = {
  exp: (x: number): Exact => expOf(exact(x)),
  expm1: (x: number): Exact => expm1Of(exact(x)),
  log: (x: number): Exact => logOf(exact(x)),
  log1p: (x: number): Exact => logOf(plus(exact(x), whole(1))),
  tanh: (x: number): Exact => {
    const t = expm1Of(times(exact(x), whole(2)))
    return over(t, plus(t, whole(2)))
  },
  erf: (x: number): Exact => erfOf(exact(x)),
  sin: (x: number): Exact => circleOf(exact(x), 0n),
  cos: (x: number): Exact => circleOf(exact(x), 1n)
}

export const powExactly = (x: number, y: number): Exact => expOf(times(exact(y), logOf(exact(x))))

/** one Newton step from a guess whose relative error is about 2^-50 leaves about 2^-100 */
export const erfinvExactly = (x: number, guess: number): Exact => {
  const y = exact(guess)
  const slope = over(times(whole(2), expOf(times({ m: -y.m, e: y.e }, y))), SQRT_PI)
  return minus(y, over(minus(erfOf(y), exact(x)), slope))
}

/** |y - x| in units in the last place of x as a double */
export const ulps = (y: number, x: Exact): number => {
  if (!Number.isFinite(y)) return Infinity
  const difference = minus(exact(y), x)
  const unit = Math.max(exponentOf(x), -1022) - 52
  return Number(fixed({ m: abs(difference.m), e: difference.e - unit }, 20)) / 2 ** 20
}

/** the nearest f32, ties to even */
export const round32 = (x: Exact): number => {
  const unit = Math.max(exponentOf(x) - 23, -149)
  const doubled = fixed({ m: abs(x.m), e: x.e - unit }, 1)
  const isExact = shift(doubled, unit - 1 - x.e) === abs(x.m) && unit - 1 >= x.e
  const up = (doubled & 1n) === 1n && (!isExact || (doubled & 2n) === 2n)
  const y = Number((doubled >> 1n) + (up ? 1n : 0n)) * 2 ** unit
  const size = y >= 2 ** 128 ? Infinity : y
  return x.m < 0n ? -size : size
}
