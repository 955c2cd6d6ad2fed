/**
 * Backends by name, for callers that can't send a function: a command line, a message to a thread. All of them give the
 * same bits. A door: the reference backend is loaded on demand, because ndarray-ops generates code from strings when it
 * is loaded, which a process or a page may forbid.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendError, type BackendError } from '../value/error.js'
import type { Backend } from './backend.js'
import { withFallback } from './fallback.js'
import { nativeProducts } from './native/addon.js'
import { nativeThreads } from './native/native.js'
import { wasmThreads } from './wasm/wasm.js'

const backends = {
  wasm: threads => Promise.resolve(wasmThreads(threads)),
  native: threads => Promise.resolve(nativeThreads(threads)),
  reference: () => import('./reference/reference.js').then(({ reference }) => reference)
} satisfies Readonly<Record<string, (threads: number) => Promise<Backend>>>

export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as readonly BackendName[]
/** the default backend */
export const defaultBackend: BackendName = 'wasm'

/**
 * The fastest backend that can be used here: native if its addon is built and passes its self-test, else wasm.
 *
 * @param onWasm is called with the reason if native cannot be used
 */
export const fastestBackend = (onWasm: (reason: BackendError) => void): BackendName =>
  pipe(
    nativeProducts(),
    E.match(
      (reason): BackendName => {
        onWasm(reason)
        return 'wasm'
      },
      () => 'native'
    )
  )

const load = (name: BackendName, threads: number): TE.TaskEither<BackendError, Backend> =>
  TE.tryCatch(
    () => backends[name](threads),
    e => backendError([name], 'a backend that can be loaded here', e instanceof Error ? e.message : String(e))
  )

/**
 * The backend with a name.
 *
 * @param onFallback allows the reference backend to replace one that cannot run here, and is called with the reason;
 * see `withFallback`
 * @returns Left if it cannot be loaded
 */
export const loadBackend = (
  name: BackendName,
  threads: number,
  onFallback?: (reason: BackendError) => void
): TE.TaskEither<BackendError, Backend> =>
  pipe(
    load(name, threads),
    TE.chainTaskK(asked =>
      onFallback === undefined || name === 'reference'
        ? TE.toUnion(TE.right(asked))
        : pipe(
            load('reference', 1),
            // if the fallback cannot be loaded, use the requested backend without one
            TE.match(
              () => asked,
              other => withFallback(asked, other, onFallback)
            )
          )
    )
  )
