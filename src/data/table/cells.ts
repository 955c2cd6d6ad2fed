/** From a cell of a file, or a field of a record, to a value: numbers, truth values as 0 and 1, dates as days, categories as words. */
import { numberIn } from '../csv-number.js'
import type { DateFormat, ResolvedColumn, TableSchema } from './schema.js'

/** a number (dates in days since 1970-01-01, true is 1), a word, or undefined for a gap */
export type Value = number | string | undefined
/** a value, or what was expected instead */
export type Read = { readonly value: Value } | { readonly expected: string; readonly hint: string }

const wrong = (expected: string, hint = ''): Read => ({ expected, hint })

// ---- numbers

const grouped: Readonly<Record<string, RegExp>> = {
  '.': /^[+-]?\d{1,3}(\.\d{3})+(?!\d)/,
  ',': /^[+-]?\d{1,3}(,\d{3})+(?!\d)/,
  ' ': /^[+-]?\d{1,3}([ \u00a0\u202f]\d{3})+(?!\d)/,
  "'": /^[+-]?\d{1,3}('\d{3})+(?!\d)/,
  _: /^[+-]?\d{1,3}(_\d{3})+(?!\d)/
}
const marks: Readonly<Record<string, RegExp>> = {
  '.': /\./g,
  ',': /,/g,
  ' ': /[ \u00a0\u202f]/g,
  "'": /'/g,
  _: /_/g
}

/** a number in the notation of the schema; NaN for anything else */
export const numberOf = (text: string, { decimal = '.', thousands }: TableSchema): number => {
  if (decimal === '.' && thousands === undefined) return numberIn(text, 0, text.length)
  const group = thousands === undefined ? null : (grouped[thousands] as RegExp).exec(text)
  const head = group === null ? '' : group[0].replaceAll(marks[thousands as string] as RegExp, '')
  const rest = text.slice(group?.[0].length ?? 0)
  // a point in text whose decimal mark is a comma is no number
  if (decimal === ',' && rest.includes('.')) return NaN
  const plain = `${head}${decimal === ',' ? rest.replace(',', '.') : rest}`
  return numberIn(plain, 0, plain.length)
}

// ---- dates

const isLeap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
const monthDays = (y: number, m: number): number =>
  [31, isLeap(y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1] ?? 0

/**
 * Days since 1970-01-01 in the Gregorian calendar; NaN for a day that is not in it. Years begin in March for the count, so that the leap
 * day is the last one (H. Hinnant, chrono-compatible low-level date algorithms).
 */
const daysFrom = (y: number, m: number, d: number): number => {
  if (!(m >= 1 && m <= 12 && d >= 1 && d <= monthDays(y, m))) return NaN
  const year = m <= 2 ? y - 1 : y
  const era = Math.floor(year / 400)
  const ofEra = year - era * 400
  const ofYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468
}

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?(Z|[+-]\d\d:\d\d)?)?$/
const orders: Readonly<Record<Exclude<DateFormat, 'iso'>, readonly [RegExp, readonly [number, number, number]]>> = {
  'd.m.y': [/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, [3, 2, 1]],
  'd/m/y': [/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, [3, 2, 1]],
  'm/d/y': [/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, [3, 1, 2]]
}

/** days since 1970-01-01T00:00Z, with fractions for times; a time without a zone is in UTC; NaN for anything else */
export const dateOf = (text: string, format: DateFormat): number => {
  if (format !== 'iso') {
    const [pattern, [y, m, d]] = orders[format]
    const parts = pattern.exec(text)
    return parts === null ? NaN : daysFrom(Number(parts[y]), Number(parts[m]), Number(parts[d]))
  }
  const parts = iso.exec(text)
  if (parts === null) return NaN
  const [, y, m, d, hour = '0', minute = '0', second = '0', zone = 'Z'] = parts
  const [h, min, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || min > 59 || s >= 60) return NaN
  const offset =
    zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))
  return daysFrom(Number(y), Number(m), Number(d)) + (h * 3600 + (min - offset) * 60 + s) / 86400
}

const two = (n: number): string => String(n).padStart(2, '0')
/** a day as text, 2024-02-29; with the time where there is one, to the second */
export const dateText = (days: number): string => {
  const seconds = Math.floor(days * 86400 + 0.5)
  const day = Math.floor(seconds / 86400)
  const rest = seconds - day * 86400
  const shifted = day + 719468
  const era = Math.floor(shifted / 146097)
  const ofEra = shifted - era * 146097
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365
  )
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const month = Math.floor((5 * ofYear + 2) / 153)
  const m = month < 10 ? month + 3 : month - 9
  const y = years + era * 400 + (m <= 2 ? 1 : 0)
  const date = `${String(y).padStart(4, '0')}-${two(m)}-${two(ofYear - Math.floor((153 * month + 2) / 5) + 1)}`
  const [h, min] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60]
  return rest === 0 ? date : `${date}T${two(h)}:${two(min)}:${two(rest % 60)}Z`
}

// ---- cells of a file

const numberExpected = ({ decimal = '.', thousands }: TableSchema): string =>
  decimal === '.' && thousands === undefined
    ? 'a number'
    : `a number with the decimal mark ${decimal}${thousands === undefined ? '' : ` and thousands grouped by ${JSON.stringify(thousands)}`}`

const isWord = (words: readonly string[], text: string): boolean =>
  words.some(word => word.toLowerCase() === text.toLowerCase())

/** a cell of a file; `name` is that of its column, for hints */
export const fromText = (schema: TableSchema, column: ResolvedColumn, text: string): Read => {
  if (text === '' || schema.missingWords?.includes(text) === true) return { value: undefined }
  switch (column.kind) {
    case 'number': {
      const value = numberOf(text, schema)
      return Number.isFinite(value)
        ? { value }
        : wrong(numberExpected(schema), 'name words that mean a missing value in missingWords')
    }
    case 'boolean':
      return isWord(column.true, text)
        ? { value: 1 }
        : isWord(column.false, text)
          ? { value: 0 }
          : wrong(`one of ${[...column.true, ...column.false].join(', ')}`)
    case 'date': {
      const value = dateOf(text, column.format)
      return Number.isFinite(value) ? { value } : wrong(`a date in the format ${column.format}`)
    }
    default:
      return { value: text }
  }
}

// ---- fields of a record

/** by its method, not by the class: a Date may be of another realm */
const isDate = (u: unknown): u is { readonly getTime: () => number } =>
  typeof u === 'object' && u !== null && 'getTime' in u && typeof u.getTime === 'function'

/** a field of a record, or of a line of JSON */
export const fromField = (column: ResolvedColumn, u: unknown): Read => {
  if (u === undefined || u === null) return { value: undefined }
  switch (column.kind) {
    case 'number':
      return typeof u === 'number'
        ? Number.isFinite(u)
          ? { value: u }
          : Number.isNaN(u)
            ? { value: undefined }
            : wrong('a finite number')
        : wrong('a number', typeof u === 'string' ? 'text is read by decodeTable' : '')
    case 'boolean':
      return typeof u === 'boolean' ? { value: u ? 1 : 0 } : wrong('true or false')
    case 'date': {
      const value = isDate(u) ? u.getTime() / 86_400_000 : typeof u === 'string' ? dateOf(u, column.format) : NaN
      return Number.isFinite(value) ? { value } : wrong(`a Date, or text in the format ${column.format}`)
    }
    case 'id':
      return typeof u === 'string' || typeof u === 'number' ? { value: String(u) } : wrong('text or a number')
    default:
      return typeof u === 'string' ? { value: u } : wrong('text')
  }
}
