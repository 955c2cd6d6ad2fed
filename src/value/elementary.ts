/**
 * gradfold's own elementary functions: numbers in, numbers out, the same bits on every engine. (The host's `Math.exp`
 * and similar functions are approximations that differ between engines.) Each is a fixed sequence of + - * / sqrt,
 * comparisons and bit operations in f64. Each docstring gives a bound on the error in units in the last place of the
 * f64 result, and the largest error found.
 *
 * `Math.fround` of a result is the f32 function. Every f32 input was tried: it is correctly rounded for exp, expm1,
 * tanh and
 * erf; for log and log1p too but for 5 and 9 inputs, at which the f64 result is the right one and happens to be a tie
 * between
 * two f32 numbers, so that a better f64 function would change nothing. Of the inputs of sin and cos every 64th was
 * tried.
 */
export { exp, expm1, tanh } from './elementary/exp.js'
export { log, log1p } from './elementary/log.js'
export { erf, erfinv } from './elementary/erf.js'
export { cos, sin } from './elementary/trig.js'
export { pow } from './elementary/pow.js'
