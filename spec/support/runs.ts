/** How long property tests run: short in every check, longer in sweeps. */

/** a check runs the number stated; `RUNS=10000 npm run sweep:gradients` runs more */
export const runs = (normally: number): number => Number(process.env['RUNS'] ?? normally)

/** for tests that a heavier sweep runs long */
export const minutes = (n: number): number => n * 60_000
