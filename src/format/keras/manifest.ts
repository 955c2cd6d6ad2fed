/** The weights of a tfjs file: tensors one after the other in one or several binary files, as `weightsManifest` lists them. */
import * as E from 'fp-ts/lib/Either.js'
import { countElements, defaultLimits } from '../../data/limits.js'
import { halfFrom, joinedBytes, numbersFrom } from '../../value/bytes.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { isSize, sizeOf, type Dims } from '../../value/shape.js'
import { allocate, tensorView } from '../../value/tensor.js'
import { at, isRecord, missing, type Config } from './config.js'
import type { StoredWeight } from './weights.js'

/** the bytes of binary files: by their names in the manifest, or all of them one after the other */
export type WeightBytes = Uint8Array | Readonly<Record<string, Uint8Array>>

const fail = (at: readonly string[], expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['tfjs', ...at], expected, got, hint))

/** weights in a file: more take longer than two seconds to look through */
const maxWeights = 20_000
/** bytes of an element as it is stored */
const stored: Readonly<Record<string, number>> = { float32: 4, float16: 2, int32: 4, uint8: 1, uint16: 2, bool: 1 }

interface Spec {
  readonly name: string
  readonly shape: Dims
  /** of the elements as they are stored */
  readonly dtype: string
  readonly bytes: number
  /** numbers are `q scale + min` */
  readonly scale?: number
  readonly min?: number
}
interface Group {
  readonly paths: readonly string[]
  readonly specs: readonly Spec[]
}

const specOf = (u: unknown): E.Either<DecodeError, Spec> => {
  if (!isRecord(u)) return fail(['weightsManifest'], 'a weight', 'another value')
  const [name, shape, dtype, quantized] = [at(u, 'name'), at(u, 'shape'), at(u, 'dtype'), at(u, 'quantization')]
  if (typeof name !== 'string') return fail(['weightsManifest'], 'weights with names', 'one without')
  if (!Array.isArray(shape) || !shape.every((n: unknown) => isSize(n))) return fail([name], 'a shape', 'another value')
  const q = isRecord(quantized) ? quantized : undefined
  const there = q === undefined ? dtype : at(q, 'dtype')
  const width = typeof there === 'string' && Object.hasOwn(stored, there) ? stored[there] : undefined
  if (width === undefined || typeof there !== 'string')
    return fail(
      [name],
      `elements of ${Object.keys(stored).join(', ')}`,
      typeof there === 'string' ? there.slice(0, 40) : 'another type'
    )
  const count = countElements('tfjs', shape, Math.max(width, 4), defaultLimits)
  if (E.isLeft(count)) return count
  const spec = { name, shape, dtype: there, bytes: count.right * width }
  if (q === undefined || there === 'float16') return E.right(spec)
  const [scale, min] = [at(q, 'scale'), at(q, 'min')]
  return typeof scale === 'number' && typeof min === 'number' && dtype === 'float32'
    ? E.right({ ...spec, scale, min })
    : fail([name], 'a scale and a minimum of float32 numbers', 'others')
}

/** Left for anything but a group */
const groupOf = (u: unknown): E.Either<DecodeError, Group> => {
  const [paths, weights] = isRecord(u) ? [at(u, 'paths'), at(u, 'weights')] : []
  if (!Array.isArray(paths) || !Array.isArray(weights) || !paths.every((p: unknown) => typeof p === 'string'))
    return fail(['weightsManifest'], 'groups of paths and weights', 'another value')
  if (weights.length > maxWeights)
    return fail(['weightsManifest'], `at most ${maxWeights} weights`, `${weights.length}`)
  return E.map((specs: readonly Spec[]) => ({ paths: paths, specs }))(E.traverseArray(specOf)(weights))
}
const groupsOf = (json: Config): E.Either<DecodeError, readonly Group[]> => {
  const u = at(json, 'weightsManifest')
  return Array.isArray(u) && u.length <= maxWeights
    ? E.traverseArray(groupOf)(u)
    : fail(['weightsManifest'], 'a list of groups', Array.isArray(u) ? `${u.length} of them` : 'nothing')
}

/** the names of the binary files of a model, in their order: data of the file, which nothing here opens */
export const pathsOf = (json: Config): E.Either<DecodeError, readonly string[]> =>
  E.map((groups: readonly Group[]) => groups.flatMap(g => g.paths))(groupsOf(json))

const wideOf = ({ name, shape, dtype, scale, min }: Spec, bytes: Uint8Array): StoredWeight => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const n = sizeOf(shape)
  const numbers = (read: (i: number) => number): StoredWeight => ({
    name,
    tensor: tensorView(
      'f32',
      shape,
      allocate(
        'f32',
        Float32Array.from({ length: n }, (_, i) => read(i))
      )
    )
  })
  if (dtype === 'float32') return { name, tensor: tensorView('f32', shape, numbersFrom('f32', bytes)) }
  if (dtype === 'float16') return numbers(i => halfFrom(view.getUint16(2 * i, true)))
  if (scale !== undefined && min !== undefined && dtype !== 'int32' && dtype !== 'bool')
    return numbers(i => (dtype === 'uint8' ? view.getUint8(i) : view.getUint16(2 * i, true)) * scale + min)
  // a layer that asks for it learns why there is none
  return { name, tensor: missing(`numbers of float32 for ${name}`, dtype) }
}

/** the bytes of a group: of its files one after the other, or the next part of all bytes */
const bytesOf = ({ paths, specs }: Group, weights: WeightBytes, from: number): E.Either<DecodeError, Uint8Array> => {
  const wanted = specs.reduce((n, s) => n + s.bytes, 0)
  if (weights instanceof Uint8Array) return E.right(weights.subarray(from, from + wanted))
  const absent = paths.find(p => !Object.hasOwn(weights, p) || !(weights[p] instanceof Uint8Array))
  return absent !== undefined
    ? fail([absent], 'the bytes of this file, by its name', 'none')
    : E.right(
        paths.length === 1
          ? (weights[paths[0] as string] as Uint8Array)
          : joinedBytes(paths.map(p => weights[p] as Uint8Array))
      )
}

/** the weights of a file; Left where bytes are missing or left over, and for a name that stands twice */
export const storedWeights = (json: Config, weights: WeightBytes): E.Either<DecodeError, readonly StoredWeight[]> => {
  const groups = groupsOf(json)
  if (E.isLeft(groups)) return groups
  const all: StoredWeight[] = []
  let from = 0
  for (const group of groups.right) {
    const bytes = bytesOf(group, weights, from)
    if (E.isLeft(bytes)) return bytes
    const wanted = group.specs.reduce((n, s) => n + s.bytes, 0)
    if (bytes.right.length !== wanted)
      return fail(group.paths, `${wanted} bytes, as the manifest says`, `${bytes.right.length}`)
    let place = 0
    for (const spec of group.specs) {
      all.push(wideOf(spec, bytes.right.subarray(place, place + spec.bytes)))
      place += spec.bytes
    }
    from += wanted
  }
  if (weights instanceof Uint8Array && from !== weights.length)
    return fail(['weights'], `${from} bytes, as the manifest says`, `${weights.length}`)
  const names = new Set<string>()
  for (const { name } of all) {
    if (names.has(name)) return fail([name], 'each weight once', 'one twice')
    names.add(name)
  }
  return E.right(all)
}
