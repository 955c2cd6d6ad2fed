/**
 * Every f32 input of an elementary function: is Math.fround of the f64 result the correctly rounded one?
 *
 *     npx tsc -p . --noEmit false --outDir sweep-build && cp package.json sweep-build
 *     node sweep-build/spec/sweep/elementary.js exp 1        (a function or "all"; 1: every input, 64: every 64th)
 *
 * The f64 result is off by a few ulp at most (the spec says how many), so the rounding can only go wrong where the exact value
 * lies that near to the middle between two neighbouring f32 numbers: a few hundred inputs of the 2^32. Those alone are
 * computed exactly.
 */
import { cos, erf, erfinv, exp, expm1, log, log1p, sin, tanh } from '../../src/value/elementary.js'
import { erfinvExactly, exactly, round32, type Exact } from '../value/exact.js'

const functions: Readonly<Record<string, (x: number) => number>> = {
  exp,
  expm1,
  tanh,
  log,
  log1p,
  erf,
  sin,
  cos,
  erfinv
}
const exactOf = (name: string, x: number, y: number): Exact =>
  name === 'erfinv' ? erfinvExactly(x, y) : exactly[name as keyof typeof exactly](x)

/** f(-x) is f(x) or -f(x), by the way they are written: the sign bit need not be swept */
const symmetric: readonly string[] = ['tanh', 'erf', 'sin', 'cos', 'erfinv']

/** 2^-50: eight ulp, well above the error of any of the functions */
const DOUBT = 2 ** -50

const sweep = (name: string, f: (x: number) => number, step: number): void => {
  const input = new Float32Array(1)
  const bits = new Uint32Array(input.buffer)
  const wrong: string[] = []
  let [seen, doubtful] = [0, 0]
  const begin = process.hrtime.bigint()
  const end = symmetric.includes(name) ? 2 ** 31 : 2 ** 32
  for (let b = 0; b < end; b += step) {
    bits[0] = b
    const x = input[0] as number
    const y = f(x)
    if (y !== y || y === Infinity || y === -Infinity) continue
    seen++
    if (Math.fround(y * (1 - DOUBT)) === Math.fround(y * (1 + DOUBT))) continue
    doubtful++
    const right = round32(exactOf(name, x, y))
    if (right !== Math.fround(y)) wrong.push(`${name}(${x}) = ${right}, not ${Math.fround(y)}`)
  }
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  console.log(`${name}: ${seen} inputs, ${doubtful} in doubt, ${wrong.length} rounded wrongly, ${seconds.toFixed(0)} s`)
  wrong.forEach(w => console.log(`  ${w}`))
}

const [chosen = 'all', step = '64'] = process.argv.slice(2)
for (const [name, f] of Object.entries(functions)) {
  if (chosen === 'all' || chosen === name) sweep(name, f, Number(step))
}
