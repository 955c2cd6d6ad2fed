/** Terms that layers, activations and initializers share. */

/** the numbers that a layer gives: any real numbers, or probabilities */
export type OutputRange = 'numbers' | 'probabilities'

/** what indexes (u32) must be below: one number for all, or one for each of several inputs, or for each place of an example */
export type Indexes = number | readonly (Indexes | undefined)[] | EachIndex
export interface EachIndex {
  /** in row-major order; Infinity where any index may be */
  readonly each: readonly number[]
}

/** numbers that feed one output, and outputs that one number feeds */
export interface Fan {
  readonly in: number
  readonly out: number
}
