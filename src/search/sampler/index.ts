import { gridKind } from './grid.js'
import { halvingKind } from './halving.js'
import { randomKind } from './random.js'
import type { BuiltInSamplers, Interpreter, Sampler, SamplerDefinition, SamplerTable } from './sampler.js'
import { sobolKind } from './sobol.js'
import { tpeKind } from './tpe.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './sampler.js' {
  interface Samplers {}
}

const table = {
  random: randomKind,
  grid: gridKind,
  sobol: sobolKind,
  tpe: tpeKind,
  halving: halvingKind
} satisfies { readonly [K in keyof BuiltInSamplers]: SamplerDefinition<BuiltInSamplers[K]> }

/** the samplers that gradfold comes with, by tag */
export const samplers: SamplerTable = Object.freeze<SamplerTable>(table)

/** samplers as their table's records say */
export const samplerInterpreter = (definitions: SamplerTable): Interpreter => {
  const kindOf = (s: Sampler): SamplerDefinition<Sampler> => definitions[s.tag] as SamplerDefinition<Sampler>
  const self: Interpreter = {
    check: (s, space, trials, registry) => kindOf(s).check?.(s, space, trials, registry, self),
    next: (s, round) => kindOf(s).next(s, round, self)
  }
  return self
}

export type { Proposal, Round, Sampler, SamplerDefinition, Samplers, SamplerTable } from './sampler.js'
export { gridSearch, type GridSampler } from './grid.js'
export { halving, type Halving } from './halving.js'
export { randomSearch, type RandomSampler } from './random.js'
export { sobolSearch, type SobolSampler } from './sobol.js'
export { tpe, type Tpe } from './tpe.js'
