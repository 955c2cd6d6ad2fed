/** Orthonormal matrices from random ones: Householder's QR decomposition in f64, with + - * / sqrt only. */

/** sets `a[i..m, j]` to the reflection that zeroes column j below its diagonal; returns the sign and 2 / |v|^2 */
interface Reflection {
  readonly v: Float64Array
  readonly factor: number
  /** the sign of what stands on the diagonal of R */
  readonly sign: number
}

const reflection = (a: Float64Array, rows: number, columns: number, j: number): Reflection => {
  const v = new Float64Array(rows)
  let squares = 0
  for (let i = j; i < rows; i++) {
    const x = a[i * columns + j] as number
    v[i] = x
    squares += x * x
  }
  const head = v[j] as number
  const length = Math.sqrt(squares)
  const sign = head < 0 ? 1 : -1
  v[j] = head - sign * length
  const norm = squares - head * head + v[j] * v[j]
  return { v, factor: norm === 0 ? 0 : 2 / norm, sign }
}

/** a <- a - factor v (v^T a), from column `first` on */
const reflect = (
  a: Float64Array,
  rows: number,
  columns: number,
  { v, factor }: Reflection,
  from: number,
  first: number
): void => {
  for (let c = first; c < columns; c++) {
    let dot = 0
    for (let i = from; i < rows; i++) dot += (v[i] as number) * (a[i * columns + c] as number)
    const k = factor * dot
    for (let i = from; i < rows; i++) a[i * columns + c] = (a[i * columns + c] as number) - k * (v[i] as number)
  }
}

const transpose = (a: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(a.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j] as number
  return out
}

/** Q of a tall matrix, signs chosen so that R has a positive diagonal: then Q is uniformly distributed for normal entries */
const tall = (a: Float64Array, rows: number, columns: number): Float64Array => {
  const reflections = Array.from({ length: columns }, (_, j) => {
    const r = reflection(a, rows, columns, j)
    reflect(a, rows, columns, r, j, j)
    return r
  })
  const q = new Float64Array(rows * columns)
  for (let j = 0; j < columns; j++) q[j * columns + j] = (reflections[j] as Reflection).sign
  for (let j = columns - 1; j >= 0; j--) reflect(q, rows, columns, reflections[j] as Reflection, j, 0)
  return q
}

/** a matrix with orthonormal columns (rows, where there are fewer rows) from one with independent normal numbers */
export const orthogonal = (normals: Float32Array, rows: number, columns: number): Float32Array => {
  const a = Float64Array.from(normals)
  return Float32Array.from(
    rows >= columns
      ? tall(a, rows, columns)
      : transpose(tall(transpose(a, rows, columns), columns, rows), columns, rows)
  )
}
