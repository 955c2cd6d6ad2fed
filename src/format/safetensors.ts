/**
 * The safetensors format: named tensors in one file, read by most tools of the field. Eight bytes with the length N of the header,
 * little-endian; N bytes of JSON, name -> { dtype, shape, data_offsets }; the numbers. `__metadata__` holds texts by name. The
 * offsets count from the end of the header, and the tensors cover all bytes, each byte once.
 * Source: the format's description and the limits of its reference implementation (huggingface/safetensors). Written here because the
 * npm readers looked at don't hold the header against the file.
 */
import * as E from 'fp-ts/lib/Either.js'
import { objectArgument, treeArgument, wrongArgument } from '../value/argument.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeElements, elements, heldWidth, type Element } from '../data/elements.js'
import { checkBytes, countElements, type Limits } from '../data/limits.js'
import { bytesOf, joinedBytes, widths } from '../value/bytes.js'
import { count, exact, list, oneOf, parseJson, recordOf, refined, showUnknown, type Codec } from '../value/codec.js'
import { decodeError, shapeError, type DecodeError, type ShapeError } from '../value/error.js'
import { showShape, sizeOf, type Dims } from '../value/shape.js'
import { isSound, isTensor, tensorView, type DType, type Tensor } from '../value/tensor.js'
import { utf8 } from '../value/text.js'
import { formatLimits, type FormatDefinition, type FormatLimits } from './format.js'

/** tensors by their names, and texts about them */
export interface SafeTensors {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly metadata: Readonly<Record<string, string>>
}
export type SafetensorsLimits = FormatLimits
/** 100,000,000 bytes for the header, as in the reference implementation; else the limits of all files */
export const safetensorsLimits: SafetensorsLimits = formatLimits

const codes = { f32: 'F32', f64: 'F64', u8: 'U8', u32: 'U32', bool: 'BOOL' } as const satisfies Record<DType, string>
/** element types that are read: those of tensors, and those that other tools write */
const readable = {
  F32: elements.float32,
  F64: elements.float64,
  U8: elements.uint8,
  U32: elements.uint32,
  BOOL: elements.bool,
  I8: elements.int8,
  U16: elements.uint16,
  I16: elements.int16,
  I32: elements.int32,
  I64: elements.int64,
  U64: elements.uint64,
  F16: elements.float16,
  BF16: elements.bfloat16
} as const satisfies Readonly<Record<(typeof codes)[DType], Element>> & Readonly<Record<string, Element>>
type Code = keyof typeof readable

const metadataName = '__metadata__'
/** bytes before the header: its length */
const prefix = 8

/** by code units, which are the same on every engine */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** the header of a file, with the length in front, and the bytes of the tensors in the order of the file */
export interface Parts {
  readonly header: Uint8Array
  readonly data: readonly Uint8Array[]
}

const isText = (text: string): boolean => !/[\ud800-\udfff]/u.test(text)
const isName = (name: string): boolean => name !== metadataName && name !== '__proto__' && isText(name)

/** a tensor without numbers, which only files hold */
const isEmpty = (t: unknown): boolean =>
  isTensor(t) &&
  Object.hasOwn(codes, t.dtype) &&
  Array.isArray(t.shape) &&
  t.data.length === 0 &&
  t.shape.includes(0) &&
  t.shape.every(count.is)

const refusal = ({ tensors, metadata }: SafeTensors): ShapeError | undefined => {
  const name =
    [...Object.keys(tensors), ...Object.keys(metadata)].find(n => !isName(n)) ??
    Object.values(metadata).find(text => !isText(text))
  const unsound = Object.entries(tensors).find(([, tensor]) => !isSound(tensor) && !isEmpty(tensor))?.[0]
  return name !== undefined
    ? shapeError(['safetensors'], `well-formed text other than ${metadataName} and __proto__`, JSON.stringify(name))
    : unsound !== undefined
      ? shapeError(['safetensors', unsound], 'a tensor whose shape fits its data', 'another', 'make it with tensor')
      : undefined
}

/**
 * A safetensors file in parts, for hashing and writing without a copy, of tensors and names that are known to be right. Tensors stand
 * by the width of their numbers, widest first, then by name, and the header is padded with spaces to a multiple of 8 bytes: so every
 * tensor is at a multiple of its numbers' width, and the same tensors give the same bytes, whatever the order they came in.
 */
export const safetensorsLayout = (s: SafeTensors): Parts => {
  const entries = Object.entries(s.tensors).sort(([a, x], [b, y]) => widths[y.dtype] - widths[x.dtype] || byName(a, b))
  const metadata = Object.entries(s.metadata).sort(([a], [b]) => byName(a, b))
  const fields: string[] =
    metadata.length === 0
      ? []
      : [`"${metadataName}":{${metadata.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`]
  let end = 0
  for (const [name, { dtype, shape }] of entries) {
    const begin = end
    end += sizeOf(shape) * widths[dtype]
    const row = { dtype: codes[dtype], shape, data_offsets: [begin, end] }
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(row)}`)
  }
  const text = utf8(`{${fields.join(',')}}`)
  const length = Math.ceil(text.length / 8) * 8
  const header = new Uint8Array(prefix + length).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true)
  header.set(text, prefix)
  return { header, data: entries.map(([, tensor]) => bytesOf(tensor)) }
}

/** all parts in one piece */
export const joined = ({ header, data }: Parts): Uint8Array => joinedBytes([header, ...data])

/**
 * Writes tensors as a safetensors file: f32, f64, u8, u32 and bool are F32, F64, U8, U32 and BOOL. The same tensors give the same bytes.
 *
 * @example encodeSafetensors({ 'dense/weight': weight, 'dense/bias': bias }, { made: 'by hand' }) // Right(bytes)
 * @param metadata texts by name
 * @returns Left for a name that the format keeps for itself, text with half a character, or a tensor whose data are too short
 */
export const encodeSafetensors = (
  tensors: SafeTensors['tensors'],
  metadata: SafeTensors['metadata'] = {}
): E.Either<ShapeError, Uint8Array> => {
  const args = [treeArgument('tensors', tensors), objectArgument('metadata', metadata)]
  const wrong = wrongArgument(shapeError, args) ?? refusal({ tensors, metadata })
  return wrong === undefined ? E.right(joined(safetensorsLayout({ tensors, metadata }))) : E.left(wrong)
}

// ---- reading

export interface Row {
  readonly dtype: Code
  readonly shape: Dims
  readonly data_offsets: readonly number[]
}
const offsets: Codec<readonly number[]> = refined(
  'two offsets, the second not before the first',
  (u): u is readonly number[] => {
    const [from, to, ...rest] = Array.isArray(u) ? (u as readonly unknown[]) : []
    return count.is(from) && count.is(to) && from <= to && rest.length === 0
  }
)
const row: Codec<Row> = exact('tensor', {
  dtype: oneOf(...(Object.keys(readable) as readonly Code[])),
  shape: list(count),
  data_offsets: offsets
})
const texts = recordOf('metadata', t.string)

export interface Header {
  readonly rows: readonly (readonly [name: string, row: Row])[]
  readonly metadata: SafeTensors['metadata']
}
const headerCodec: Codec<Header> = new t.Type<Header, unknown, unknown>(
  'header',
  (u): u is Header => typeof u === 'object' && u !== null,
  (u, c) =>
    pipe(
      (typeof u === 'object' && u !== null && !Array.isArray(u) ? u : {}) as Readonly<Record<string, unknown>>,
      ({ [metadataName]: metadata = {}, ...rows }) =>
        pipe(
          texts.validate(metadata, t.appendContext(c, metadataName, texts)),
          E.chain(metadata =>
            pipe(
              recordOf('header', row).validate(rows, c),
              E.map(rows => ({ rows: Object.entries(rows), metadata }))
            )
          )
        )
    ),
  h => h
)

const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['safetensors'], expected, got, hint))

const cutOff = 'the file is cut off, or of another format'

/** the length of the header, compared with the limit and the bytes that are there */
const headerLength = (bytes: Uint8Array, limits: SafetensorsLimits): E.Either<DecodeError, number> => {
  if (!(bytes instanceof Uint8Array))
    return fail('a Uint8Array', showUnknown(bytes), 'new Uint8Array(buffer) makes one')
  const most = (limits as Partial<SafetensorsLimits> | null)?.header
  if (E.isLeft(checkBytes('safetensors', bytes, limits)) || typeof most !== 'number')
    return fail('limits, { header, bytes, rank }', showUnknown(limits))
  if (bytes.length < prefix) return fail(`at least ${prefix} bytes`, `${bytes.length}`, cutOff)
  const length = new DataView(bytes.buffer, bytes.byteOffset, prefix).getBigUint64(0, true)
  // numbers of both kinds are compared exactly, and a limit may be Infinity
  return !(length <= most)
    ? fail(`a header of at most ${most} bytes`, `${length}`, 'is this a safetensors file?')
    : length > bytes.length - prefix
      ? fail(`a header of ${length} bytes`, `${bytes.length - prefix}`, cutOff)
      : E.right(Number(length))
}

const readHeader = (bytes: Uint8Array): E.Either<DecodeError, Header> =>
  bytes[0] !== 0x7b
    ? fail('a header that begins with {', bytes.length === 0 ? 'nothing' : `the byte ${bytes[0]}`)
    : pipe(
        E.tryCatch(
          () => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
          () => decodeError(['safetensors'], 'a header in UTF-8', 'other bytes')
        ),
        E.chain(text =>
          pipe(
            parseJson(headerCodec)(text),
            E.mapLeft(({ path, expected, got, hint }) =>
              decodeError(
                ['safetensors', ...path.slice(1)],
                expected,
                got,
                path.at(-1) === 'dtype' ? 'convert it to one of these before saving' : hint
              )
            )
          )
        )
      )

/** The header of a file, and where the data start; the bytes after the header need not be there. */
export const safetensorsHeader = (
  bytes: Uint8Array,
  limits: SafetensorsLimits
): E.Either<DecodeError, Header & { readonly start: number }> =>
  pipe(
    headerLength(bytes, limits),
    E.chain(length =>
      pipe(
        readHeader(bytes.subarray(prefix, prefix + length)),
        E.map(header => ({ ...header, start: prefix + length }))
      )
    )
  )

/** whether the tensors cover the data, each byte once */
const checkRanges = (rows: Header['rows'], length: number, limits: Limits): E.Either<DecodeError, undefined> => {
  let at = 0
  const begin = ([, r]: Header['rows'][number]): number => r.data_offsets[0] as number
  // a tensor without numbers stands before the one that begins where it does
  const end = ([, r]: Header['rows'][number]): number => r.data_offsets[1] as number
  for (const [name, { dtype, shape, data_offsets }] of [...rows].sort(
    (a, b) => begin(a) - begin(b) || end(a) - end(b)
  )) {
    const [from, to] = data_offsets as readonly [number, number]
    const here = <A>(e: E.Either<DecodeError, A>): E.Either<DecodeError, A> =>
      E.mapLeft(({ path, expected, got, hint }: DecodeError) =>
        decodeError(['safetensors', name, ...path.slice(1)], expected, got, hint)
      )(e)
    const { width } = readable[dtype]
    const n = shape.includes(0)
      ? E.right(0)
      : here(countElements('safetensors', shape, heldWidth(readable[dtype]), limits))
    if (E.isLeft(n)) return n
    if (to - from !== n.right * width)
      return here(fail(`${n.right * width} bytes for ${dtype}${showShape(shape)}`, `${to - from}`))
    if (from !== at)
      return here(
        fail(`data from offset ${at} on`, `${from}`, from > at ? 'bytes that no tensor has' : 'tensors that overlap')
      )
    at = to
  }
  return at === length
    ? E.right(undefined)
    : fail(
        `${at} bytes of data`,
        `${length}`,
        length < at ? 'the file is cut off' : 'something follows the last tensor'
      )
}

const tensorsFrom = (rows: Header['rows'], data: Uint8Array): E.Either<DecodeError, SafeTensors['tensors']> =>
  pipe(
    rows,
    E.traverseArray(([name, { dtype, shape, data_offsets }]) =>
      pipe(
        data.subarray(...(data_offsets as readonly [number, number])),
        // separate storage, which does not keep the file in memory: bytes are the only numbers that stay a view of it
        bytes => (readable[dtype].dtype === 'u8' ? bytes.slice() : bytes),
        bytes => decodeElements(['safetensors', name], readable[dtype], bytes, true, shape),
        E.map(({ dtype, numbers }) => [name, tensorView(dtype, shape, numbers)] as const)
      )
    ),
    E.map(entries => Object.fromEntries(entries))
  )

/**
 * Reads a safetensors file. The header is checked against the file before memory is allocated. Names are never used as paths, and every
 * tensor gets separate storage. F32, F64, U8, U32 and BOOL keep their type; F16, BF16, I8, I16 and U16 become f32;
 * I32, I64 and U64 are numbers, as in `decodeNpy`. A tensor may have a size of 0, and then holds nothing.
 *
 * @example decodeSafetensors(bytes) // Right({ tensors: { 'dense/weight': { dtype: 'f32', shape: [784, 10], ... } }, metadata: {} })
 * @param limits of the header, of a tensor and its rank
 * @returns Left for a header too large, not UTF-8, not JSON, not beginning with {, with a name twice or too deep; for an element type
 * that is none of those above; for sizes beyond the limits, ranges that overlap, leave bytes out or differ from
 * shape x width, and bytes missing or left over. Never throws.
 */
export const decodeSafetensors = (
  bytes: Uint8Array,
  limits: SafetensorsLimits = safetensorsLimits
): E.Either<DecodeError, SafeTensors> =>
  pipe(
    safetensorsHeader(bytes, limits),
    E.chainFirst(({ start, rows }) => checkRanges(rows, bytes.length - start, limits)),
    E.chain(({ start, rows, metadata }) =>
      pipe(
        tensorsFrom(rows, bytes.subarray(start)),
        E.map(tensors => ({ tensors, metadata }))
      )
    )
  )

// ---- the member of the family

/** tensors with their names and texts, read by most tools of the field */
export interface SafetensorsFormat {
  readonly tag: 'safetensors'
}
declare module './format.js' {
  interface BuiltInFormats {
    safetensors: SafetensorsFormat
  }
}
/**
 * Files of the safetensors format: the one that weights are saved as unless another is asked for.
 *
 * @example saveWeights('mnist.safetensors', { format: safetensors })(trained.state)
 */
export const safetensors: SafetensorsFormat = Object.freeze({ tag: 'safetensors' })

export const safetensorsDefinition: FormatDefinition<SafetensorsFormat> = {
  tag: 'safetensors',
  fields: () => ({}),
  extensions: ['.safetensors'],
  holds: { dtypes: ['f32', 'f64', 'u8', 'u32', 'bool'], metadata: true, model: 'never' },
  write: (_, content) => {
    const wrong = refusal(content)
    if (wrong !== undefined) return E.left(wrong)
    const { header, data } = safetensorsLayout(content)
    return E.right({ parts: [header, ...data] })
  },
  read: (bytes, { limits }) => decodeSafetensors(bytes, limits),
  samples: [safetensors]
}
