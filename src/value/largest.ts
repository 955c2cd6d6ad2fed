/** The largest of many numbers. `Math.max(...xs)` passes each as an argument, and a long list of them overflows the stack. */

/** the largest of the numbers, but at least `least` */
export const largest = (xs: readonly number[], least: number): number => xs.reduce((a, b) => Math.max(a, b), least)
