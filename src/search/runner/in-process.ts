/** Runs trials in this process. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import type { Source } from '../../data/reader/reader.js'
import { loadSource } from '../../data/readers.js'
import { execute } from '../execute.js'
import { builtIn, type Registry } from '../registry.js'
import type { Runner } from './runner.js'

/** loads data by their sources, each once */
export const loading = (registry: Registry = builtIn): ((source: Source) => ReturnType<typeof loadSource>) => {
  const loaded = new Map<string, ReturnType<typeof loadSource>>()
  return source => {
    const name = JSON.stringify(source)
    const load = loaded.get(name) ?? memoised(loadSource(source, registry))
    loaded.set(name, load)
    return load
  }
}
/** runs a task once and keeps its result */
const memoised = <A>(task: () => Promise<A>): (() => Promise<A>) => {
  let result: Promise<A> | undefined
  return () => (result ??= task())
}

/**
 * Runs trials in this process, one after the other. A study with a time limit needs threads, which can be ended:
 * `inThreads`.
 *
 * @example search(s, { runner: inProcess(wasm) })
 */
export const inProcess = (backend: Backend, registry: Registry = builtIn): Runner => {
  const load = loading(registry)
  return (run, { metric }) =>
    pipe(
      load(run.data),
      TE.chainEitherKW(data => execute(run, data, metric, { backend, registry }))
    )
}
