/**
 * Codecs that are stricter than those of io-ts: they refuse unknown and inherited keys, NaN and infinities, sizes that
 * are not whole, deep input, and duplicate JSON keys. They report `$/layers/1/units: expected a positive whole number,
 * got 0`.
 */
import { createScanner } from 'jsonc-parser'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeError, type DecodeError, type ErrorCode } from './error.js'
import { notJson } from './json-text.js'
import { isSize, type Dims } from './shape.js'
import { isLabel } from './tree.js'
import { errorText } from './text.js'

/** a codec whose encoded form is the value itself */
export type Codec<A> = t.Type<A, unknown, unknown>
export type Fields = Readonly<Record<string, Codec<unknown> | t.Mixed>>

/** A codec from a predicate; `what` completes the sentence "expected ...". */
export const refined = <A>(what: string, is: (u: unknown) => u is A): Codec<A> =>
  new t.Type<A, unknown, unknown>(
    what,
    is,
    (u, c) => (is(u) ? t.success(u) : t.failure(u, c, what)),
    a => a
  )

const isNumber = (u: unknown): u is number => typeof u === 'number' && Number.isFinite(u)
/** a finite number that satisfies `ok` */
export const inRange = (what: string, ok: (n: number) => boolean): Codec<number> =>
  refined(what, (u): u is number => isNumber(u) && ok(u))

/** 1, 2, 3, ... */
export const size: Codec<number> = refined('a positive whole number', isSize)
/** 0, 1, 2, ... */
export const count: Codec<number> = inRange('a whole number, 0 or more', n => Number.isSafeInteger(n) && n >= 0)
/** any number but NaN and the infinities */
export const finite: Codec<number> = inRange('a finite number', () => true)
/** a finite number above 0 */
export const positive: Codec<number> = inRange('a number above 0', n => n > 0)
/** a finite number, 0 or more */
export const nonNegative: Codec<number> = inRange('a number, 0 or more', n => n >= 0)
/** 0 <= p < 1: drop rates, decay rates of running averages */
export const fraction: Codec<number> = inRange('a number from 0 up to, not including, 1', n => n >= 0 && n < 1)
/** 0, 1, ..., 2^32 - 1: seeds */
export const uint32: Codec<number> = inRange(
  'a whole number from 0 to 4294967295',
  n => Number.isInteger(n) && n >= 0 && n <= 0xffffffff
)
/** a label for paths: 1 to 64 of the letters, digits, _ . - and not a name that every object has */
export const label: Codec<string> = refined(
  'a label of letters, digits, _ . - (at most 64, not a name that every object has)',
  (u): u is string => typeof u === 'string' && isLabel(u)
)
/** the sizes of a tensor: [28, 28, 1] */
export const dimsCodec: Codec<Dims> = refined(
  'a list of positive whole numbers',
  (u): u is Dims => Array.isArray(u) && u.every(isSize)
)

/** one of these words. @example oneOf('f32', 'f64') */
export const oneOf = <const A extends string>(...names: readonly A[]): Codec<A> =>
  refined(
    `one of ${names.join(', ')}`,
    (u): u is A => typeof u === 'string' && (names as readonly string[]).includes(u)
  )

/** a field with a default: it may be left out of hand-written JSON, and is always written */
export const withDefault = <A>(codec: t.Type<A, unknown, unknown>, value: A): Codec<A> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    codec.is,
    (u, c) => (u === undefined ? t.success(value) : codec.validate(u, c)),
    codec.encode
  )

/** a field that may be absent, and then stays absent */
export const optional = <A>(codec: t.Type<A, unknown, unknown>): Codec<A | undefined> =>
  new t.Type<A | undefined, unknown, unknown>(
    codec.name,
    (u): u is A | undefined => u === undefined || codec.is(u),
    (u, c) => (u === undefined ? t.success(undefined) : codec.validate(u, c)),
    a => (a === undefined ? undefined : codec.encode(a))
  )

/** a list, each item read by the same codec */
export const list = <A>(codec: t.Type<A, unknown, unknown>): Codec<readonly A[]> =>
  t.readonlyArray(codec, `list (${codec.name})`)

/** restricts a codec to values that satisfy `ok`; `what` completes the sentence "expected ..." */
export const those = <A>(codec: Codec<A>, what: string, ok: (a: A) => boolean): Codec<A> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    (u): u is A => codec.is(u) && ok(u),
    (u, c) =>
      pipe(
        codec.validate(u, c),
        E.chain(a => (ok(a) ? t.success(a) : t.failure(u, c, what)))
      ),
    a => codec.encode(a)
  )
/** the same list or record, refused if it is empty */
export const nonEmpty = <A>(codec: Codec<A>): Codec<A> =>
  those(codec, 'at least one', a => Object.keys(a as object).length > 0)

/** the decoded type of a record codec with these fields */
export type FieldsOf<P extends Fields> = { readonly [K in keyof P]: t.TypeOf<P[K]> }

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

/** A record with exactly these fields; inherited fields don't count. */
export const exact = <P extends Fields>(name: string, fields: P): Codec<FieldsOf<P>> => {
  const keys = Object.keys(fields)
  const at = (u: Readonly<Record<string, unknown>>, k: string): unknown => (Object.hasOwn(u, k) ? u[k] : undefined)
  const of = (k: string): t.Mixed => fields[k] as t.Mixed
  const validate = (u: unknown, c: t.Context): t.Validation<FieldsOf<P>> => {
    if (!isRecord(u)) return t.failure(u, c, `a record (${name})`)
    const unknown = Object.keys(u).filter(k => !Object.hasOwn(fields, k))
    const results = keys.map(k => of(k).validate(at(u, k), t.appendContext(c, k, of(k))))
    const errors = [
      ...unknown.map(k => ({
        value: u[k],
        context: t.appendContext(c, k, t.never),
        message: `no field of this name in ${name} (it has ${keys.join(', ')})`
      })),
      ...results.flatMap(r => (E.isLeft(r) ? r.left : []))
    ]
    if (errors.length > 0) return t.failures(errors)
    const entries = keys.flatMap((k, i) => {
      const r = results[i] as t.Validation<unknown>
      return E.isRight(r) && r.right !== undefined ? [[k, r.right] as const] : []
    })
    return t.success(Object.freeze(Object.fromEntries(entries)) as FieldsOf<P>)
  }
  const encode = (a: FieldsOf<P>): unknown =>
    Object.fromEntries(keys.flatMap(k => (a[k] === undefined ? [] : [[k, of(k).encode(a[k])] as const])))
  // checks values, not JSON: the written form of a field may differ
  const is = (u: unknown): u is FieldsOf<P> =>
    isRecord(u) && Object.keys(u).every(k => Object.hasOwn(fields, k)) && keys.every(k => of(k).is(at(u, k)))
  return new t.Type(name, is, validate, encode)
}

/** A record with any field names, and fields of one kind; inherited fields don't count. */
export const recordOf = <A>(name: string, codec: t.Type<A, unknown, unknown>): Codec<Readonly<Record<string, A>>> =>
  new t.Type<Readonly<Record<string, A>>, unknown, unknown>(
    name,
    (u): u is Readonly<Record<string, A>> => isRecord(u) && Object.values(u).every(codec.is),
    (u, c) => {
      const names = isRecord(u) ? Object.keys(u) : []
      return exact<Readonly<Record<string, Codec<A>>>>(name, Object.fromEntries(names.map(k => [k, codec]))).validate(
        u,
        c
      )
    },
    a => Object.fromEntries(Object.entries(a).map(([k, x]) => [k, codec.encode(x)]))
  )

/**
 * One of several records that differ by their `tag`; `members` is called when decoding, so that families can stay open.
 */
export const tagged = <A extends { readonly tag: string }>(
  family: string,
  members: () => Readonly<Record<string, t.Type<A, unknown, unknown>>>
): Codec<A> => {
  const find = (u: unknown): t.Type<A, unknown, unknown> | undefined => {
    const tag = isRecord(u) && Object.hasOwn(u, 'tag') ? u['tag'] : undefined
    const all = members()
    return typeof tag === 'string' && Object.hasOwn(all, tag) ? all[tag] : undefined
  }
  return new t.Type<A, unknown, unknown>(
    family,
    (u): u is A => find(u)?.is(u) ?? false,
    (u, c) =>
      find(u)?.validate(u, c) ?? t.failure(u, c, `a record whose tag is one of ${Object.keys(members()).join(', ')}`),
    a => find(a)?.encode(a)
  )
}

/** so much of an object is shown at most; beyond it, nothing of it is looked at */
const shownParts = 60
const shownPart = (u: unknown): unknown =>
  typeof u === 'string'
    ? u.slice(0, shownParts)
    : Array.isArray(u)
      ? u.slice(0, shownParts)
      : ArrayBuffer.isView(u) && !(u instanceof DataView)
        ? { ...(u as Uint8Array).subarray(0, shownParts) }
        : u
/** an object may hold a bigint, or a toJSON of its own, or itself; a small one may hold a part in a million places */
const json = (u: unknown): string => {
  let parts = 0
  return pipe(
    E.tryCatch(
      () =>
        JSON.stringify(u, (_, part: unknown) => ((parts += 1) > shownParts ? undefined : shownPart(part))) as
          string | undefined,
      String
    ),
    E.fold(
      () => 'an object',
      s => s ?? 'an object'
    )
  )
}
/** what came, in words */
export const showUnknown = (u: unknown): string => {
  const s =
    u === undefined
      ? 'nothing'
      : typeof u === 'function'
        ? 'a function (a constructor, not called?)'
        : typeof u === 'object' || typeof u === 'string'
          ? json(u)
          : typeof u === 'symbol'
            ? 'a symbol'
            : `${u as number | boolean}`
  return s.length > 60 ? `${s.slice(0, 57)}...` : s
}

/**
 * the first error of a decoding (the others are often its consequences): the place, what was expected, what was
 * received
 */
export const firstError = (errors: t.Errors): readonly [path: readonly string[], expected: string, got: string] => {
  const e = errors[0] as t.ValidationError
  return [
    e.context.map(c => c.key).filter(k => k !== ''),
    e.message ?? `a ${e.context.at(-1)?.type.name ?? 'value'}`,
    showUnknown(e.value)
  ]
}
/** the code of the first error of a decoding; `wrong` is the code of a field that is present but wrong */
export const firstCode = ([e]: t.Errors, wrong: ErrorCode): ErrorCode =>
  // an unknown field has a context without a type (see exact)
  e?.context.at(-1)?.type === t.never ? 'unknown-field' : e?.value === undefined ? 'missing-field' : wrong
const decodeErrorOf = (errors: t.Errors): DecodeError => {
  const [path, expected, got] = firstError(errors)
  return decodeError(['$', ...path], expected, got, '', firstCode(errors, 'malformed'))
}

/** Deeper data are refused before decoding, which is recursive. */
export const maxDepth = 200

/** Data that repeat parts of themselves more often than this are refused: each place of a part is read again. */
export const maxRepeats = 1_000_000

interface Extent {
  /** levels below it */
  readonly height: number
  /** objects and lists in it, each counted in every place */
  readonly size: number
}
/** by part; undefined when they are deeper than `maxDepth`, as data that hold themselves are */
const extentOf = (u: object, known: Map<object, Extent>, depth = 0): Extent | undefined => {
  const before = known.get(u)
  if (depth + (before?.height ?? 0) > maxDepth) return undefined
  if (before !== undefined) return before
  let [height, size] = [0, 1]
  for (const part of Object.values(u) as readonly unknown[]) {
    if (typeof part !== 'object' || part === null) continue
    const inside = extentOf(part, known, depth + 1)
    if (inside === undefined) return undefined
    height = Math.max(height, inside.height + 1)
    size += inside.size
  }
  known.set(u, { height, size })
  return { height, size }
}
const depthError = decodeError(['$'], `at most ${maxDepth} levels of nesting`, 'more')
const repeatsError = decodeError(['$'], `at most ${maxRepeats} parts that are in several places`, 'more')

/** what makes data too large to read, which goes from part to part */
const tooLarge = (u: unknown): DecodeError | undefined => {
  if (typeof u !== 'object' || u === null) return undefined
  const known = new Map<object, Extent>()
  const all = extentOf(u, known)
  return all === undefined ? depthError : all.size - known.size > maxRepeats ? repeatsError : undefined
}

/** Decodes a value that is already in memory. */
export const decode =
  <A>(codec: t.Type<A, unknown, unknown>) =>
  (u: unknown): E.Either<DecodeError, A> => {
    const error = tooLarge(u)
    return error === undefined ? pipe(codec.decode(u), E.mapLeft(decodeErrorOf)) : E.left(error)
  }

/** the token numbers of jsonc-parser, which declares them as a const enum that isolated modules cannot read */
const Token = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, comma: 5, string: 10, end: 17 } as const

interface Frame {
  /** the keys of a record so far; none for a list */
  readonly keys: Set<string> | undefined
  /** the key or the index that the text is at */
  key: string | number
}
/**
 * JSON.parse uses the last of two equal keys, and `__proto__` has a special meaning; here both are refused, and depth
 * is limited.
 */
const checkText = (text: string): E.Either<DecodeError, string> => {
  // an untyped caller may pass parsed data
  if (typeof text !== 'string') return E.left(decodeError(['$'], 'JSON text', showUnknown(text)))
  const scanner = createScanner(text, true)
  const frames: Frame[] = []
  const place = (key: string): readonly string[] => ['$', ...frames.slice(0, -1).map(f => String(f.key)), key]
  for (let kind: number = scanner.scan(), expectKey = false; kind !== Token.end; kind = scanner.scan()) {
    if (kind === Token.openBrace || kind === Token.openBracket) {
      if (frames.length >= maxDepth) return E.left(depthError)
      expectKey = kind === Token.openBrace
      frames.push(expectKey ? { keys: new Set(), key: '' } : { keys: undefined, key: 0 })
    } else if (kind === Token.closeBrace || kind === Token.closeBracket) {
      frames.pop()
      expectKey = false
    } else if (kind === Token.comma) {
      const frame = frames.at(-1)
      expectKey = frame?.keys !== undefined
      if (typeof frame?.key === 'number') frame.key++
    } else if (kind === Token.string && expectKey) {
      const frame = frames.at(-1)
      const key = scanner.getTokenValue()
      if (frame?.keys?.has(key)) return E.left(decodeError(place(key), 'every key once', 'the key again'))
      if (key === '__proto__') return E.left(decodeError(place(key), 'keys that name fields', 'the key __proto__'))
      frame?.keys?.add(key)
      if (frame) frame.key = key
      expectKey = false
    }
  }
  return E.right(text)
}

/** Text -> JSON -> value. Never throws: bad text, duplicate keys, depth, unknown fields and bad numbers are all Left. */
export const parseJson =
  <A>(codec: t.Type<A, unknown, unknown>) =>
  (text: string): E.Either<DecodeError, A> =>
    pipe(
      checkText(text),
      E.chain(s =>
        E.tryCatch(
          (): unknown => JSON.parse(s),
          e => notJson(s, errorText(e))
        )
      ),
      E.chain(decode(codec))
    )
