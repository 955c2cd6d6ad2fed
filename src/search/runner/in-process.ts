/** Trials in this process. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../../backend/backend.js'
import type { Source } from '../../data/reader/reader.js'
import { loadSource } from '../../data/readers.js'
import { execute } from '../execute.js'
import { builtIn, type Registry } from '../registry.js'
import type { Runner } from './runner.js'

/** data by their sources, each loaded once */
export const loading = (registry: Registry = builtIn): ((source: Source) => ReturnType<typeof loadSource>) => {
  const loaded = new Map<string, ReturnType<typeof loadSource>>()
  return source => {
    const name = JSON.stringify(source)
    const load = loaded.get(name) ?? memoised(loadSource(source, registry))
    loaded.set(name, load)
    return load
  }
}
/** the same task once: its result is kept */
const memoised = <A>(task: () => Promise<A>): (() => Promise<A>) => {
  let result: Promise<A> | undefined
  return () => (result ??= task())
}

/**
 * Trials in this process, one after the other. A study with a time-out needs threads to give a trial up: `inThreads`.
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
