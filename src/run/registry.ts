/** What run files look members up in. */
import { readers, type SourceRegistry } from '../data/readers.js'
import { formats, type FormatRegistry } from '../format/formats.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'

/** the members of trainings, where data come from, and what files are written as */
export interface RunRegistry extends TrainingRegistry, SourceRegistry, FormatRegistry {}
/** the members of run files that gradfold comes with */
export const builtInRun: RunRegistry = Object.freeze({ ...builtInTraining, readers, formats })
