/** Sizes of tensors. The batch axis is never part of a model's shape. */
export type Dims = readonly number[]
/** a tensor's sizes, or a product of shapes (several inputs or outputs) */
export type Shape = Dims | readonly Shape[]

export const isDims = (s: Shape): s is Dims => s.every(x => typeof x === 'number')

/** `[28, 28, 1]` -> `"[28, 28, 1]"` */
export const showShape = (s: Shape): string =>
  `[${s.map(x => (typeof x === 'number' ? String(x) : showShape(x))).join(', ')}]`

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length &&
  a.every((x, i) => {
    const y = b[i]
    return typeof x === 'number' || typeof y === 'number' ? x === y : y !== undefined && sameShape(x, y)
  })

/** how many numbers a tensor of this shape holds */
export const sizeOf = (d: Dims): number => d.reduce((a, b) => a * b, 1)

/** a size is a positive whole number that a double holds exactly */
export const isSize = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n > 0

/** row-major strides */
export const stridesOf = (d: Dims): Dims => d.map((_, i) => sizeOf(d.slice(i + 1)))
