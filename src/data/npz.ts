/** The .npz format of NumPy: a zip archive of .npy files, as `savez` and `savez_compressed` write it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeError, inside, type DecodeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import { checkBytes, defaultLimits, type Limits } from './limits.js'
import { decodePlain } from './npy.js'
import { unzip } from './zip.js'

const ending = '.npy'

/**
 * The arrays of a .npz file by their names, each read as `decodeNpy` reads it, but for arrays packed with gzip.
 *
 * @example decodeNpz(bytes) // np.savez('d.npz', x=np.zeros((2, 3), 'f4')): Right({ x: { dtype: 'f32', shape: [2, 3], ... } })
 * @returns Left for an archive that is cut off, damaged, or unpacks to more than `limits.bytes`; for files in it that are no arrays, or
 * arrays that `decodeNpy` refuses (of Python objects, say). Never throws.
 */
export const decodeNpz = (
  bytes: Uint8Array,
  limits: Limits = defaultLimits
): E.Either<DecodeError, Readonly<Record<string, Tensor>>> =>
  pipe(
    checkBytes('npz', bytes, limits),
    E.chain(checked => unzip(checked, limits)),
    E.chain(
      E.traverseArray(([name, content]) =>
        pipe(
          name.endsWith(ending)
            ? // an array that is packed once more could unpack to more than the limit
              decodePlain(content, limits)
            : E.left(decodeError([], 'the name of an array, which ends in .npy', JSON.stringify(name))),
          E.bimap(inside(name), array => [name.slice(0, -ending.length), array] as const)
        )
      )
    ),
    E.map(arrays => Object.fromEntries(arrays))
  )
