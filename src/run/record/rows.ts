/**
 * The steps of a record, in bytes: a header that says the layout, then one row of fixed size per step. All numbers
 * little-endian.
 *
 *     header   8 bytes "gfsteps1", u32 length of the JSON, u32 size of a row, JSON of the layout, zeros up to a
 *     multiple of 8
 *     row      u32 step, u32 examples, f64 weight, f64 loss, f64 each sum of the metrics, u32 u32 each tensor's
 *     fingerprint, u32 u32 chain
 *
 * Numbers are stored bit by bit. Row i is at header + i x size, so any step can be read alone.
 *
 * The chain of a row is the fingerprint (value/fingerprint) of its words, where the chain of the previous row takes the
 * place of its own; for the first row that is (0, 0). Two records with equal chains at row k have equal rows up to k,
 * so the first difference is found by bisection. The chain also reveals rows that are incomplete or were changed later.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isPerExample, type Totals } from '../../infer/totals.js'
import type { StepReport } from '../../train/step-program.js'
import { exact, list, oneOf, parseJson, refined, size, type Codec } from '../../value/codec.js'
import { counted, decodeError, type DecodeError } from '../../value/error.js'
import { fingerprintOf, type Fingerprint } from '../../value/fingerprint.js'
import { tensorView } from '../../value/tensor.js'
import { utf8 } from '../../value/text.js'

/** the parts of a row that differ between runs */
export interface Layout {
  /** the sums of the metrics: their names in the order of the rows, and the count of numbers in each */
  readonly sums: readonly { readonly name: string; readonly length: number }[]
  /** the paths of the parameter tensors */
  readonly tensors: readonly string[]
  readonly precision: 'f32' | 'f64'
}
/** a recorded step */
export interface StepRow extends Omit<StepReport, 'settings'> {
  /** the low and high word of the fingerprint of each parameter tensor after the step */
  readonly fingerprints: readonly number[]
}

const magic = 'gfsteps1'
/** max bytes of the header; names of tensors are limited too */
const mostHeader = 0x400_0000
const [beforeSums, fixedStart, chainSize] = [24, 16, 8]

const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
const layoutCodec: Codec<Layout> = exact('layout', {
  sums: list(exact('sum', { name: text, length: size })),
  tensors: list(text),
  precision: oneOf('f32', 'f64')
})

const sumNumbers = ({ sums }: Layout): number => sums.reduce((n, s) => n + s.length, 0)
/** bytes of a row */
export const rowSize = (l: Layout): number => beforeSums + 8 * (sumNumbers(l) + l.tensors.length) + chainSize

/** the sums in a row: all except lists as long as the batch, because all rows have the same length */
export const rowSums = (sums: Totals): readonly (readonly [string, readonly number[]])[] =>
  Object.entries(sums).filter(([name]) => !isPerExample(name))

/** the layout of a run's rows, from its first step */
export const layoutOf = (sums: Totals, tensors: readonly string[], precision: Layout['precision']): Layout => ({
  sums: rowSums(sums).map(([name, numbers]) => ({ name, length: numbers.length })),
  tensors,
  precision
})

export const encodeHeader = (l: Layout): Uint8Array => {
  const json = utf8(JSON.stringify(layoutCodec.encode(l)))
  const out = new Uint8Array(Math.ceil((fixedStart + json.length) / 8) * 8)
  out.set(utf8(magic))
  const cells = new DataView(out.buffer)
  cells.setUint32(8, json.length, true)
  cells.setUint32(12, rowSize(l), true)
  out.set(json, fixedStart)
  return out
}

export interface Header {
  readonly layout: Layout
  /** bytes before the first row */
  readonly bytes: number
}
const damaged = (expected: string, got: string): DecodeError => decodeError(['steps'], expected, got)

/** the length of a header, from its first 16 bytes */
export const headerLength = (start: Uint8Array): E.Either<DecodeError, number> => {
  if (start.length < fixedStart) return E.left(damaged('a header', counted(start.length, 'byte')))
  const name = Array.from(start.subarray(0, 8), byte => String.fromCharCode(byte)).join('')
  if (name !== magic) return E.left(damaged(`a file that begins with ${magic}`, JSON.stringify(name)))
  const length = viewOf(start).getUint32(8, true)
  return length > mostHeader
    ? E.left(damaged(`a header of at most ${mostHeader} bytes`, String(length)))
    : E.right(Math.ceil((fixedStart + length) / 8) * 8)
}
const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)

/** @returns Left for bytes that are no header, or one that claims rows of another size than its layout has, or is spelt otherwise */
export const decodeHeader = (bytes: Uint8Array): E.Either<DecodeError, Header> =>
  pipe(
    headerLength(bytes),
    E.filterOrElse(
      n => bytes.length >= n,
      n => damaged(`a header of ${n} bytes`, counted(bytes.length, 'byte'))
    ),
    E.chain(n =>
      pipe(
        E.tryCatch(
          () =>
            new TextDecoder('utf-8', { fatal: true }).decode(
              bytes.subarray(fixedStart, fixedStart + viewOf(bytes).getUint32(8, true))
            ),
          () => damaged('a header in UTF-8', 'other bytes')
        ),
        E.chain(parseJson(layoutCodec)),
        E.map((layout): Header => ({ layout, bytes: n }))
      )
    ),
    E.filterOrElse(
      ({ layout }) => rowSize(layout) === viewOf(bytes).getUint32(12, true),
      ({ layout }) => damaged(`rows of ${rowSize(layout)} bytes`, String(viewOf(bytes).getUint32(12, true)))
    ),
    // one way of writing a layout: nothing can have changed that says the same
    E.filterOrElse(
      ({ layout }) => encodeHeader(layout).every((b, i) => b === bytes[i]),
      () => damaged('a header as it is written', 'another spelling')
    )
  )

/** the chain before the first row */
export const unchained: Fingerprint = Object.freeze([0, 0] as const)

const setChain = (row: Uint8Array, [low, high]: Fingerprint): void => {
  const words = viewOf(row)
  words.setUint32(row.length - chainSize, low, true)
  words.setUint32(row.length - chainSize + 4, high, true)
}
/** the chain of a row, which may be written over; it begins at a multiple of 4 in its buffer */
const chainOf = (row: Uint8Array, before: Fingerprint): Fingerprint => {
  setChain(row, before)
  return fingerprintOf(tensorView('u32', [row.length / 4], new Uint32Array(row.buffer, row.byteOffset, row.length / 4)))
}

/** Rows as bytes, each chained to the one before. `before` is the chain of the last row written. */
export const encodeRows = (
  l: Layout,
  rows: readonly StepRow[],
  before: Fingerprint = unchained
): { readonly bytes: Uint8Array; readonly chain: Fingerprint } => {
  const length = rowSize(l)
  const bytes = new Uint8Array(rows.length * length)
  const cells = viewOf(bytes)
  let chain = before
  let at = 0
  for (const row of rows) {
    cells.setUint32(at, row.step, true)
    cells.setUint32(at + 4, row.examples, true)
    cells.setFloat64(at + 8, row.weight, true)
    cells.setFloat64(at + 16, row.loss, true)
    let to = at + beforeSums
    for (const { name, length: n } of l.sums) {
      const numbers = row.sums[name]
      for (let i = 0; i < n; i++, to += 8) cells.setFloat64(to, numbers?.[i] ?? NaN, true)
    }
    for (let i = 0; i < 2 * l.tensors.length; i++, to += 4) cells.setUint32(to, row.fingerprints[i] ?? 0, true)
    const whole = bytes.subarray(at, at + length)
    chain = chainOf(whole, chain)
    setChain(whole, chain)
    at += length
  }
  return { bytes, chain }
}

/** the chain that row `i` of some rows carries */
export const chainAt = (l: Layout, rows: Uint8Array, i: number): Fingerprint => {
  const cells = viewOf(rows)
  const at = (i + 1) * rowSize(l) - chainSize
  return [cells.getUint32(at, true), cells.getUint32(at + 4, true)]
}

/** row `i` of some rows, which must be there */
export const decodeRow = (l: Layout, rows: Uint8Array, i = 0): StepRow => {
  const cells = viewOf(rows)
  const at = i * rowSize(l)
  const numbers = (from: number, n: number): readonly number[] =>
    Array.from({ length: n }, (_, k) => cells.getFloat64(from + 8 * k, true))
  let to = at + beforeSums
  const sums: [string, readonly number[]][] = []
  for (const { name, length } of l.sums) {
    sums.push([name, numbers(to, length)])
    to += 8 * length
  }
  return {
    step: cells.getUint32(at, true),
    examples: cells.getUint32(at + 4, true),
    weight: cells.getFloat64(at + 8, true),
    loss: cells.getFloat64(at + 16, true),
    sums: Object.fromEntries(sums),
    fingerprints: Array.from({ length: 2 * l.tensors.length }, (_, k) => cells.getUint32(to + 4 * k, true))
  }
}

/** all of some rows, one after the other */
export const decodeRows = function* (l: Layout, rows: Uint8Array): Generator<StepRow, void> {
  for (let i = 0; i < rows.length / rowSize(l); i++) yield decodeRow(l, rows, i)
}

/**
 * How many of these rows are whole and in their place: each has its number and carries the chain over those before. What is left of a
 * row that was being written, or of pages that never reached the disk, does not count.
 *
 * @param first the number of steps before the first of these rows, and their chain
 */
export const soundRows = (l: Layout, rows: Uint8Array, first = 0, before: Fingerprint = unchained): number => {
  const cells = viewOf(rows)
  const length = rowSize(l)
  const there = Math.floor(rows.length / length)
  // a header may claim rows of any size
  if (there === 0) return 0
  const scratch = new Uint8Array(length)
  let chain = before
  for (let i = 0; i < there; i++) {
    scratch.set(rows.subarray(i * length, (i + 1) * length))
    chain = chainOf(scratch, chain)
    const [low, high] = chainAt(l, rows, i)
    if (cells.getUint32(i * length, true) !== first + i + 1 || low !== chain[0] || high !== chain[1]) return i
  }
  return there
}
