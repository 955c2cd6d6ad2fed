/** What run files look members up in. */
import { readers, type SourceRegistry } from '../data/readers.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'

/** the members of trainings, and where data come from */
export interface RunRegistry extends TrainingRegistry, SourceRegistry {}
/** the members of run files that gradfold comes with */
export const builtInRun: RunRegistry = Object.freeze({ ...builtInTraining, readers })
