/** Terms that layers, activations and initializers share. */

/** the numbers that a layer gives: any real numbers, or probabilities */
export type OutputRange = 'numbers' | 'probabilities'

/** numbers that feed one output, and outputs that one number feeds */
export interface Fan {
  readonly in: number
  readonly out: number
}
