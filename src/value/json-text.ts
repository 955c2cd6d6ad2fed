/** Where and why a text is not JSON: with the same words on every engine, unlike the messages of JSON.parse. */
import { visit, type ParseErrorCode } from 'jsonc-parser'
import * as E from 'fp-ts/lib/Either.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import { decodeError, type DecodeError } from './error.js'

/** by error number of jsonc-parser, which declares the numbers as a const enum that isolated modules cannot read */
const hints: Readonly<Record<number, string>> = {
  1: 'anything but a number, true, false or null must be in double quotes',
  3: 'the name of a field, in double quotes, is missing before it, or there is an extra comma',
  4: 'a value is missing before it, or there is an extra comma',
  5: 'a colon is missing before it',
  6: 'a comma is missing before it',
  7: 'a } is missing before it',
  8: 'a ] is missing before it',
  9: 'there is one value in a text, and this is after its end',
  10: 'there are no comments in JSON',
  11: 'there are no comments in JSON',
  12: 'the double quote at its end is missing, or a line break in it is not written \\n',
  13: 'a digit is missing at its end',
  14: 'after \\u there are four hexadecimal digits',
  15: 'in double quotes a backslash is written twice',
  16: 'in double quotes a line break is written \\n, a tab \\t'
}

interface Found {
  readonly code: ParseErrorCode
  readonly offset: number
  readonly length: number
  /** from 0 */
  readonly line: number
  readonly column: number
}
const firstError = (text: string): Found | undefined => {
  const first = IORef.newIORef<Found | undefined>(undefined)()
  // it is recursive for nested data, also after an error
  E.tryCatch(
    () => {
      visit(
        text,
        {
          onError: (code, offset, length, line, column) => {
            if (first.read() === undefined) first.write({ code, offset, length, line, column })()
          }
        },
        { disallowComments: true }
      )
    },
    () => undefined
  )
  return first.read()
}

/** The error of a text that JSON.parse refuses. @param reason the message of JSON.parse, for causes not found here */
export const notJson = (text: string, reason: string): DecodeError => {
  const found = firstError(text)
  if (found === undefined) return decodeError(['$'], 'JSON text', reason)
  const { code, offset, length, line, column } = found
  const shown = length > 30 ? `${text.slice(offset, offset + 27)}...` : text.slice(offset, offset + length)
  const got = shown === '' ? 'the end' : shown
  return decodeError(['$'], 'JSON text', `${got} at line ${line + 1}, column ${column + 1}`, hints[code])
}
