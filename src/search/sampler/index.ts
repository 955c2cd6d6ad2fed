import { gridKind } from './grid.js'
import { halvingKind } from './halving.js'
import { randomKind } from './random.js'
import type { BuiltInSamplers, Interpreter, Sampler, SamplerDefinition, SamplerTable } from './sampler.js'
import { sobolKind } from './sobol.js'
import { tpeKind } from './tpe.js'

// TypeScript copies an interface at its first extension: extend it here, so that all entry points share one copy
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

/** the built-in samplers, by tag */
export const samplers: SamplerTable = Object.freeze<SamplerTable>(table)

/** interprets samplers by the definitions of a table */
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
