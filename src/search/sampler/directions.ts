/** The direction numbers of Sobol's sequence in 32 dimensions, by the primitive polynomials and first numbers of Joe and Kuo (2008). */

/** degree of the polynomial, its inner coefficients as bits, and the first odd numbers m_1, m_2, ... */
const table: readonly (readonly [degree: number, coefficients: number, ...first: readonly number[]])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
  [7, 7, 1, 1, 3, 13, 7, 35, 63],
  [7, 8, 1, 3, 5, 9, 1, 25, 53],
  [7, 14, 1, 3, 1, 13, 9, 35, 107],
  [7, 19, 1, 3, 1, 5, 27, 61, 31],
  [7, 21, 1, 1, 5, 11, 19, 41, 61],
  [7, 28, 1, 3, 5, 3, 3, 13, 69],
  [7, 31, 1, 1, 7, 13, 1, 19, 1],
  [7, 32, 1, 3, 7, 5, 13, 19, 59],
  [7, 37, 1, 1, 3, 9, 25, 29, 41],
  [7, 41, 1, 3, 5, 13, 23, 1, 55],
  [7, 42, 1, 3, 7, 3, 13, 59, 17]
]
const BITS = 32

/** v_1 to v_32, the highest bit first: v_k = m_k 2^(32-k); the polynomial gives each later one from the earlier ones */
const directionsOf = ([degree, coefficients, ...first]: (typeof table)[number]): readonly number[] =>
  Array.from({ length: BITS }).reduce<readonly number[]>((v, _, i) => {
    if (i < degree) return [...v, ((first[i] as number) << (BITS - 1 - i)) >>> 0]
    const back = (k: number): number => v[i - k] as number
    const inner = Array.from({ length: degree - 1 }, (_, k) => k + 1).filter(
      k => (coefficients >>> (degree - 1 - k)) & 1
    )
    return [...v, inner.reduce((word, k) => word ^ back(k), back(degree) ^ (back(degree) >>> degree)) >>> 0]
  }, [])

/** the direction numbers of the first dimension are the bits themselves: van der Corput's sequence */
export const directions: readonly (readonly number[])[] = [
  Array.from({ length: BITS }, (_, i) => (1 << (BITS - 1 - i)) >>> 0),
  ...table.map(directionsOf)
]
