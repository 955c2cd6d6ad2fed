/** A second implementation of event files, from their published format: it shares no code with what writes them. */

/** CRC-32C bit by bit (Castagnoli, reversed) */
const crc32c = (bytes: Uint8Array): number => {
  let c = -1
  for (const byte of bytes) {
    c ^= byte
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (0x82f63b78 & -(c & 1))
  }
  return ~c >>> 0
}
const masked = (bytes: Uint8Array): number => {
  const crc = BigInt(crc32c(bytes))
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffff_ffffn)
}

/** field number -> what came under it: whole numbers, or bytes */
type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>
export const fieldsOf = (bytes: Uint8Array): Fields => {
  const found = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n]
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('cut off')
      value |= BigInt(byte & 127) << shift
      shift += 7n
      if (byte < 128) return BigInt.asUintN(64, value)
    }
  }
  const take = (n: number): Uint8Array => {
    if (at + n > bytes.length) throw new Error('cut off')
    at += n
    return bytes.subarray(at - n, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const [field, wire] = [tag >> 3, tag & 7]
    const value = wire === 0 ? varint() : take(wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4)
    found.set(field, [...(found.get(field) ?? []), value])
  }
  return found
}
const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)
export const inner = (f: Fields, field: number): readonly Uint8Array[] =>
  (f.get(field) ?? []).filter(x => x instanceof Uint8Array)
export const textIn = (f: Fields, field: number): string => new TextDecoder().decode(inner(f, field)[0])
export const doublesIn = (f: Fields, field: number): readonly number[] =>
  inner(f, field).flatMap(b => Array.from({ length: b.length / 8 }, (_, i) => view(b).getFloat64(8 * i, true)))
const floatIn = (f: Fields, field: number): number => view(inner(f, field)[0] as Uint8Array).getFloat32(0, true)

/** the records of a file, whose checks must be right */
export const recordsOf = (file: Uint8Array): readonly Fields[] => {
  const records: Fields[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(view(file).getBigUint64(at, true))
    if (view(file).getUint32(at + 8, true) !== masked(file.subarray(at, at + 8))) throw new Error('length')
    const content = file.subarray(at + 12, at + 12 + length)
    if (view(file).getUint32(at + 12 + length, true) !== masked(content)) throw new Error('content')
    records.push(fieldsOf(content))
    at += length + 16
  }
  return records
}
export interface Seen {
  readonly step: number
  readonly tag: string
  readonly scalar?: number
  /** fields 1 to 7 of a histogram */
  readonly histogram?: readonly (readonly number[])[]
}
/** the values of all summaries, in the order of the file */
export const valuesOf = (file: Uint8Array): readonly Seen[] =>
  recordsOf(file).flatMap(event =>
    inner(event, 5).flatMap(summary =>
      inner(fieldsOf(summary), 1).map((bytes): Seen => {
        const value = fieldsOf(bytes)
        const [histogram] = inner(value, 5)
        return {
          step: Number(event.get(2)?.[0] ?? 0n),
          tag: textIn(value, 1),
          ...(value.has(2) ? { scalar: floatIn(value, 2) } : {}),
          ...(histogram === undefined
            ? {}
            : { histogram: [1, 2, 3, 4, 5, 6, 7].map(n => doublesIn(fieldsOf(histogram), n)) })
        }
      })
    )
  )
