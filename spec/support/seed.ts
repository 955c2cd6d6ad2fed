/**
 * The seed of every property test. It is fixed, so that the same sources have the same result; `npm run sweep:laws` draws a new one,
 * and `SEED=n` repeats a failure of that sweep.
 */
import fc from 'fast-check'

const { SEED = '20261130' } = process.env
if (SEED !== 'new') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(SEED) })
