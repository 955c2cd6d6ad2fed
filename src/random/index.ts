/** Randomness without state: keys that name a stream, and draws that are pure functions of a key. */
export {
  childKey,
  collision,
  drawKey,
  fnv1a32,
  foldIn,
  isDrawKey,
  leafKey,
  rootKey,
  split,
  type DrawKey,
  type Key
} from './key.js'
export {
  bernoulli,
  bernoulliAt,
  bits32,
  normal,
  normalAt,
  permutation,
  randint,
  randintAt,
  uniform,
  uniformAt
} from './draws.js'
export { bits32At, foldInWords, seedWords, splitWords, threefry, type Words } from './threefry.js'
