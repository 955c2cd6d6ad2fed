import type { Codec } from '../../value/codec.js'
import { table } from '../../value/family.js'
import { shortFamily } from '../../run/short.js'
import { gridKind } from './grid.js'
import { halvingKind } from './halving.js'
import { randomKind } from './random.js'
import type { Interpreter, Sampler, SamplerKind, SamplerTable } from './sampler.js'
import { sobolKind } from './sobol.js'
import { tpeKind } from './tpe.js'

/** the samplers that gradfold comes with, by tag */
export const samplers: SamplerTable = table<SamplerKind<Sampler>>(randomKind, gridKind, sobolKind, tpeKind, halvingKind)

/** JSON of a sampler; a word stands for one without settings */
export const samplerCodec = (kinds: SamplerTable): Codec<Sampler> => shortFamily<Sampler>('sampler', kinds)

/** samplers as their table's records say */
export const samplerInterpreter = (kinds: SamplerTable): Interpreter => {
  const kindOf = (s: Sampler): SamplerKind<Sampler> => kinds[s.tag] as SamplerKind<Sampler>
  const self: Interpreter = {
    check: (s, space, trials, known) => kindOf(s).check?.(s, space, trials, known, self),
    next: (s, round) => kindOf(s).next(s, round, self)
  }
  return self
}

export type { Proposal, Round, Sampler, SamplerKind, Samplers, SamplerTable } from './sampler.js'
export { grid, type GridSampler } from './grid.js'
export { halving, type Halving } from './halving.js'
export { random, type RandomSampler } from './random.js'
export { sobol, type SobolSampler } from './sobol.js'
export { tpe, type Tpe } from './tpe.js'
