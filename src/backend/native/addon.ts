/**
 * The native products: a Node-API addon built from the C sources in addon/, or installed as a package of its own for this platform. Nothing
 * builds it when gradfold is installed. A door: it looks for a file, and loads machine code from it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { backendError, type BackendError } from '../../value/error.js'
import type { ImportedProduct, Products } from '../wasm/equipment.js'

/** of the numerics contract that the products must keep */
const contract = 1

/** what the addon exports */
interface Addon {
  readonly version: string
  readonly contract: number
  /** what it can multiply with on this processor, the best first */
  readonly variants: readonly string[]
  /** what is wrong with a variant on this thread */
  readonly selfTest: (variant?: string) => string | undefined
  /** a function that computes a product in a memory */
  readonly bind: (memory: Uint8Array, product: Float64Array, variant?: string) => () => void
}

const build =
  'install the package gradfold-native-PLATFORM-PROCESSOR of the same version where there is one; or npm run build:native builds it ' +
  'from the package (a C compiler is needed); or use the wasm backend'
const notUsable = (expected: string, got: string, hint = build): BackendError =>
  backendError(['native'], expected, got, hint)

interface Modules {
  readonly require: (id: string) => unknown
  readonly resolve: (id: string) => string
}
const modulesAt = (url: string): E.Either<BackendError, Modules> => {
  const node: { readonly createRequire: typeof import('node:module').createRequire } | undefined =
    typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function'
      ? undefined
      : process.getBuiltinModule('node:module')
  if (node === undefined) return E.left(notUsable('Node, Deno or Bun', 'a platform without Node-API', 'use wasm'))
  return E.tryCatch(
    () => {
      const require = node.createRequire(url)
      return { require, resolve: id => require.resolve(id) }
    },
    e => notUsable('a place to load the native products from', reasonOf(e))
  )
}
const reasonOf = (e: unknown): string => (e instanceof Error ? (e.message.split('\n')[0] ?? '') : String(e))

/** the first module that is there: what was built here is newer than what was installed */
const firstOf = (resolve: Modules['resolve'], ...ids: readonly string[]): string | undefined =>
  pipe(
    ids,
    RA.findFirstMap(id => O.tryCatch(() => resolve(id))),
    O.toUndefined
  )

/** the version of this package, and where its addon is */
interface Place {
  readonly version: string
  readonly file: string
}
const placeOf = ({ require, resolve }: Modules): E.Either<BackendError, Place> =>
  E.tryCatch(
    () => {
      const manifest = resolve('gradfold/package.json')
      const { version } = require('gradfold/package.json') as { readonly version: string }
      const { platform, arch } = process
      const built = manifest.replace(/package\.json$/, `build/gradfold-${platform}-${arch}.node`)
      const installed = `gradfold-native-${platform}-${arch}`
      return { version, file: firstOf(resolve, built, installed) ?? built }
    },
    e => notUsable('the files of the package gradfold', reasonOf(e))
  )

/** loads and tests an addon; Left where it cannot be used */
const load = (require: Modules['require'], { version, file }: Place): E.Either<BackendError, Addon> =>
  pipe(
    E.tryCatch(
      () => require(file) as Addon,
      e => notUsable('the native products', reasonOf(e))
    ),
    E.filterOrElse(
      a => a.version === version && a.contract === contract,
      a =>
        notUsable(
          `native products of gradfold ${version} (numerics contract ${contract})`,
          `those of gradfold ${a.version} (numerics contract ${a.contract})`
        )
    ),
    E.chain(a => {
      const wrong = a.selfTest()
      return wrong === undefined
        ? E.right(a)
        : E.left(notUsable('the known answer of the self-test', `another one: ${wrong}`, 'use the wasm backend'))
    })
  )

/** The native products on one of the variants that the processor can run, the best one where none is named. */
export interface NativeProducts extends Products {
  readonly variants: readonly string[]
}

/** @internal loads the addon in a file; tests name a variant */
export const productsFrom = (place?: Partial<Place>, variant?: string): E.Either<BackendError, NativeProducts> =>
  pipe(
    modulesAt(import.meta.url),
    E.bindTo('modules'),
    E.bind('place', ({ modules }) => E.map((found: Place) => ({ ...found, ...place }))(placeOf(modules))),
    E.bind('addon', ({ modules, place: at }) => load(modules.require, at)),
    E.map(({ addon, place: { file } }) => ({
      file,
      variants: addon.variants,
      on: ({ buffer }) => {
        const bytes = new Uint8Array(buffer)
        return (product: ImportedProduct) => addon.bind(bytes, Float64Array.from(product), variant)
      }
    }))
  )

let found: E.Either<BackendError, NativeProducts> | undefined
/** The native products, looked for once in a process. */
export const nativeProducts = (): E.Either<BackendError, NativeProducts> => (found ??= productsFrom())
