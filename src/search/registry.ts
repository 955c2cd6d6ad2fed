/** The registry in which studies, their runs and their models look up members. */
import { builtInRun, type RunRegistry } from '../run/registry.js'
import { samplers, type SamplerTable } from './sampler/index.js'
import { builtInSpace, type SpaceRegistry } from './space.js'

/** all open families; whatever takes a registry takes this one */
export interface Registry extends SpaceRegistry, RunRegistry {
  /** samplers, by tag */
  readonly samplers: SamplerTable
}
/**
 * Everything that gradfold comes with: layers, activations, initializers, losses, optimizers, schedules, stop rules,
 * metrics, readers of data, file formats, dimensions, constraints and samplers. Add custom members with `extend`.
 *
 * @example extend(builtIn, { layers: { prelu } })
 */
export const builtIn: Registry = Object.freeze({ ...builtInSpace, ...builtInRun, samplers })
