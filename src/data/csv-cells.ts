/**
 * CSV text (RFC 4180) cut into cells, in one pass over the text. A cell is handed over as a range of the text, so that a table of
 * millions of numbers makes no strings. Spaces around cells do not count, nor do empty lines; lines end with CRLF, LF or CR.
 */
import { decodeError, type DecodeError } from '../value/error.js'

/** what takes the cells, in order; either function may refuse, which ends the reading */
export interface CellSink {
  /** the characters of `source` from `start` to `end` are a cell, in that line of the file (counted from 1) */
  readonly cell: (source: string, start: number, end: number, line: number) => DecodeError | undefined
  /** the row is complete */
  readonly row: (line: number) => DecodeError | undefined
}

const lf = 10
const cr = 13
const quote = 34
const byteOrderMark = 0xfeff

const isLineEnd = (c: number): boolean => c === lf || c === cr

/** white space as String.prototype.trim knows it; -1 is the end of the text */
const isSpace = (c: number): boolean =>
  c <= 32
    ? c === 32 || (c >= 9 && c <= 13)
    : c >= 0xa0 &&
      (c === 0xa0 ||
        c === 0x1680 ||
        (c >= 0x2000 && c <= 0x200a) ||
        c === 0x2028 ||
        c === 0x2029 ||
        c === 0x202f ||
        c === 0x205f ||
        c === 0x3000 ||
        c === byteOrderMark)

const at = (text: string, i: number): number => (i < text.length ? text.charCodeAt(i) : -1)

/** the first place from `i` on that is no space of this line; a delimiter is never space */
const skipSpace = (text: string, from: number, delimiter: number): number => {
  let i = from
  for (let c = at(text, i); c !== delimiter && isSpace(c) && !isLineEnd(c); c = at(text, i)) i++
  return i
}

const malformed = (line: number, got: string, hint: string): DecodeError =>
  decodeError(['csv', `line ${line}`], 'cells separated and quoted as CSV is', got, hint)

/** where the quote closes that opens at `open`, and whether quotes within are doubled; -1 where it stays open */
const closingQuote = (text: string, open: number): { readonly close: number; readonly doubled: boolean } => {
  let doubled = false
  let close = text.indexOf('"', open + 1)
  while (close >= 0 && at(text, close + 1) === quote) {
    doubled = true
    close = text.indexOf('"', close + 2)
  }
  return { close, doubled }
}

const lineEndsIn = (text: string, start: number, end: number): number => {
  let n = 0
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === lf || (c === cr && at(text, i + 1) !== lf)) n++
  }
  return n
}

/**
 * Hands over the cells of a text.
 *
 * @param delimiter the code of the character between cells
 * @returns what is wrong: a quote that is not closed, a quote within a cell without quotes, text behind a closing quote, or what the
 * sink refused
 */
export const readCells = (text: string, delimiter: number, sink: CellSink): DecodeError | undefined => {
  const length = text.length
  let line = 1
  let cells = 0
  let i = at(text, 0) === byteOrderMark ? 1 : 0
  // a delimiter at the very end opens one more cell
  while (i < length || cells > 0) {
    i = skipSpace(text, i, delimiter)
    const first = at(text, i)
    if (cells > 0 || (first !== -1 && !isLineEnd(first))) {
      let wrong: DecodeError | undefined
      if (first === quote) {
        const { close, doubled } = closingQuote(text, i)
        if (close < 0) return malformed(line, 'a quote that is not closed', 'a quote within a cell is written twice')
        const cell = doubled ? text.slice(i + 1, close).replaceAll('""', '"') : text
        wrong = doubled ? sink.cell(cell, 0, cell.length, line) : sink.cell(text, i + 1, close, line)
        line += lineEndsIn(text, i + 1, close)
        i = skipSpace(text, close + 1, delimiter)
        const next = at(text, i)
        if (next !== delimiter && next !== -1 && !isLineEnd(next))
          return malformed(
            line,
            `${JSON.stringify(text.charAt(i))} behind a closing quote`,
            'a delimiter may be missing'
          )
      } else {
        const start = i
        let c = first
        while (c !== delimiter && c !== lf && c !== cr && c !== quote && i < length) c = at(text, ++i)
        if (c === quote)
          return malformed(line, 'a quote within a cell', 'put the cell in quotes and write quotes within it twice')
        let end = i
        while (end > start && isSpace(text.charCodeAt(end - 1))) end--
        wrong = sink.cell(text, start, end, line)
      }
      if (wrong !== undefined) return wrong
      cells++
      if (at(text, i) === delimiter) {
        i++
        continue
      }
      wrong = sink.row(line)
      if (wrong !== undefined) return wrong
      cells = 0
    }
    // at the end of a line, or of the text
    if (at(text, i) === cr && at(text, i + 1) === lf) i++
    i++
    line++
  }
  return undefined
}
