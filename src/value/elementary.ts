/**
 * gradfold's own elementary functions: numbers in, numbers out, the same bits on every engine. (The host's `Math.exp` and its
 * kin are approximations of the host's choosing.) Each is a fixed sequence of + - * / sqrt, comparisons and bit operations in
 * f64; `Math.fround` of a result is the f32 function. Beside each function stand its largest error in f64, in units in the
 * last place against exact arithmetic, and how often the f32 function was seen not to be the correctly rounded one.
 */
export { exp, expm1, tanh } from './elementary/exp.js'
export { log, log1p } from './elementary/log.js'
export { erf, erfinv } from './elementary/erf.js'
export { cos, sin } from './elementary/trig.js'
export { pow } from './elementary/pow.js'
