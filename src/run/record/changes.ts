/** The differences of two run files, path by path, as JSON data. */
import microdiff from 'microdiff'
import type { ModelData } from '../../layer/model.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { runFileCodec, type RunFile } from '../run-file.js'

export interface Change {
  /** `optimizer/rate` */
  readonly path: readonly string[]
  /** the value as JSON; absent if there is none */
  readonly a?: unknown
  readonly b?: unknown
}

/**
 * The paths at which two run files differ, with every setting included; none if they describe the same run.
 *
 * @example changes(run, { ...run, seed: 2 }) // [{ path: ['seed'], a: 1, b: 2 }]
 */
export const changes = (
  a: RunFile<ModelData>,
  b: RunFile<ModelData>,
  registry: RunRegistry = builtInRun
): readonly Change[] => {
  const json = (run: RunFile<ModelData>): Readonly<Record<string, unknown>> =>
    runFileCodec(registry).encode(run) as Readonly<Record<string, unknown>>
  return microdiff(json(a), json(b), { cyclesFix: false }).map((d): Change => {
    const path = d.path.map(String)
    return {
      path,
      ...('oldValue' in d ? { a: d.oldValue as unknown } : {}),
      ...('value' in d ? { b: d.value as unknown } : {})
    }
  })
}
