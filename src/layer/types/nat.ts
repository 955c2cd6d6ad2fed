/**
 * Arithmetic on numeric literal types: decimal digits, one table look-up each, so that products like 50176 x 64 cost a few hundred
 * instantiations and no tuple is long. `number` (a size that the compiler doesn't know) absorbs. Digits are least significant first.
 */
import type { AddT, MulT, SubT } from './nat-tables.js'

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type Bit = '0' | '1'
type Carry = Exclude<Digit, '9'>

type Reverse<S extends string, Acc extends string = ''> = S extends `${infer H}${infer T}`
  ? Reverse<T, `${H}${Acc}`>
  : Acc
/** most significant digit first, without leading zeros */
type ToNumber<S extends string> = S extends `0${infer R}`
  ? R extends ''
    ? 0
    : ToNumber<R>
  : S extends `${infer N extends number}`
    ? N
    : never

type AddDigits<
  A extends string,
  B extends string,
  C extends Bit = '0',
  Acc extends string = ''
> = A extends `${infer a extends Digit}${infer AR}`
  ? B extends `${infer b extends Digit}${infer BR}`
    ? AddT[C][a][b] extends `${infer k extends Bit}${infer d}`
      ? AddDigits<AR, BR, k, `${Acc}${d}`>
      : never
    : C extends '0'
      ? `${Acc}${A}`
      : AddT['0'][a]['1'] extends `${infer k extends Bit}${infer d}`
        ? AddDigits<AR, '', k, `${Acc}${d}`>
        : never
  : B extends ''
    ? C extends '0'
      ? Acc
      : `${Acc}1`
    : AddDigits<B, '', C, Acc>

/** '-' when negative */
type SubDigits<
  A extends string,
  B extends string,
  C extends Bit = '0',
  Acc extends string = ''
> = A extends `${infer a extends Digit}${infer AR}`
  ? B extends `${infer b extends Digit}${infer BR}`
    ? SubT[C][a][b] extends `${infer k extends Bit}${infer d}`
      ? SubDigits<AR, BR, k, `${Acc}${d}`>
      : never
    : SubT[C][a]['0'] extends `${infer k extends Bit}${infer d}`
      ? SubDigits<AR, '', k, `${Acc}${d}`>
      : never
  : B extends ''
    ? C extends '0'
      ? Acc
      : '-'
    : '-'

type MulDigit<
  A extends string,
  d extends Digit,
  C extends Carry = '0',
  Acc extends string = ''
> = A extends `${infer a extends Digit}${infer AR}`
  ? MulT[C][d][a] extends `${infer k extends Carry}${infer x}`
    ? MulDigit<AR, d, k, `${Acc}${x}`>
    : never
  : C extends '0'
    ? Acc
    : `${Acc}${C}`
/** B most significant digit first: Horner's scheme */
type MulDigits<
  A extends string,
  B extends string,
  Acc extends string = ''
> = B extends `${infer b extends Digit}${infer BR}`
  ? MulDigits<A, BR, AddDigits<Acc extends '' ? '' : `0${Acc}`, MulDigit<A, b>>>
  : Acc

// prettier-ignore
interface Units { '0': []; '1': [0]; '2': [0, 0]; '3': [0, 0, 0]; '4': [0, 0, 0, 0]; '5': [0, 0, 0, 0, 0]; '6': [0, 0, 0, 0, 0, 0]; '7': [0, 0, 0, 0, 0, 0, 0]; '8': [0, 0, 0, 0, 0, 0, 0, 0]; '9': [0, 0, 0, 0, 0, 0, 0, 0, 0] }
type Times10<T extends 0[]> = [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T]
type Tuple<S extends string, Acc extends 0[] = []> = S extends `${infer d extends Digit}${infer R}`
  ? Tuple<R, [...Times10<Acc>, ...Units[d]]>
  : Acc
type QuotientDigit<R extends 0[], B extends 0[], Q extends 0[] = []> = R extends [...B, ...infer Rest extends 0[]]
  ? QuotientDigit<Rest, B, [...Q, 0]>
  : [Q['length'] & number, R]
/** long division; the running remainder is a tuple shorter than the divisor */
type Divide<
  A extends string,
  B extends 0[],
  R extends 0[] = [],
  Q extends string = ''
> = A extends `${infer d extends Digit}${infer AR}`
  ? QuotientDigit<[...Times10<R>, ...Units[d]], B> extends [infer q extends number, infer R2 extends 0[]]
    ? Divide<AR, B, R2, `${Q}${q}`>
    : never
  : ToNumber<Q>

type Wide<A extends number, B extends number> = number extends A ? true : number extends B ? true : false

/** A + B */
export type Add<A extends number, B extends number> =
  Wide<A, B> extends true ? number : ToNumber<Reverse<AddDigits<Reverse<`${A}`>, Reverse<`${B}`>>>>
/** A - B, `never` when negative */
export type Sub<A extends number, B extends number> =
  Wide<A, B> extends true
    ? number
    : SubDigits<Reverse<`${A}`>, Reverse<`${B}`>> extends infer R extends string
      ? R extends '-'
        ? never
        : ToNumber<Reverse<R>>
      : never
/** A * B */
export type Mul<A extends number, B extends number> =
  Wide<A, B> extends true
    ? number
    : A extends 1
      ? B
      : B extends 1
        ? A
        : ToNumber<Reverse<MulDigits<Reverse<`${A}`>, `${B}`>>>
/** floor(A / B), B from 1 to 999 */
export type Div<A extends number, B extends number> =
  Wide<A, B> extends true ? number : B extends 1 ? A : Divide<`${A}`, Tuple<`${B}`>>
/** the product of a list */
export type Product<S extends readonly number[], Acc extends number = 1> = number extends S['length']
  ? number
  : S extends readonly [infer H extends number, ...infer T extends readonly number[]]
    ? Product<T, Mul<Acc, H>>
    : Acc

// prettier-ignore
type Successors = { 1: 2; 2: 3; 3: 4; 4: 5; 5: 6; 6: 7; 7: 8; 8: 9; 9: 10; 10: 11; 11: 12; 12: 13; 13: 14; 14: 15; 15: 16; 16: 17; 17: 18; 18: 19; 19: 20; 20: 21; 21: 22; 22: 23; 23: 24; 24: 25; 25: 26; 26: 27; 27: 28; 28: 29; 29: 30; 30: 31; 31: 32; 32: 33 }
/** N + 1: a look-up for small numbers, which most are */
export type Next<N extends number> = N extends keyof Successors ? Successors[N] : Add<N, 1>
