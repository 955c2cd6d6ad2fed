/** Finds the definition of a member, and checks the member against it. */
import * as E from 'fp-ts/lib/Either.js'
import { firstCode, firstError } from '../value/codec.js'
import { settingError, type ErrorCode, type SettingError } from '../value/error.js'
import { codecsOf, definitionsOf } from './codecs.js'
import type { AnyRegistry, Definition, Family } from './definition.js'
import { families, type FamilyMembers, type FamilyName } from './families.js'

type Fail<Err> = (path: readonly string[], expected: string, got: string, hint: string, code?: ErrorCode) => Err

const notKnown = <Err>(fail: Fail<Err>, path: readonly string[], what: string, known: object, tag: string): Err =>
  fail(
    path,
    `${what} ${Object.keys(known).join(', ')}`,
    tag,
    'to use a custom one, add its definition to the registry you pass',
    'unknown-member'
  )

/**
 * The definition of a tag.
 *
 * @param what the first words of what the error expects: `one of the layers`
 * @returns Left where the family has no definition of this tag: families are open, so data may name what this program does not know
 */
export const lookup = <D extends Definition, Err>(
  definitions: Family<D> | undefined,
  tag: string,
  fail: Fail<Err>,
  path: readonly string[],
  what = 'one of'
): E.Either<Err, D> => {
  // a registry that an untyped caller passes may lack the family
  const known = definitions ?? {}
  const found = Object.hasOwn(known, tag) ? known[tag] : undefined
  return found === undefined ? E.left(notKnown(fail, path, what, known, tag)) : E.right(found)
}

/** The member with its defaults filled in, if its settings are in range. Constructors check nothing, so this does. */
export const checkMember =
  <N extends FamilyName>(registry: AnyRegistry, name: N) =>
  <A extends FamilyMembers[N]>(a: A): E.Either<SettingError, A> => {
    const r = codecsOf(registry)[name].decode(a)
    if (E.isRight(r)) return r as E.Right<A>
    const { name: called } = families[name]
    const definitions = definitionsOf(registry, name)
    // a member that is written by hand may be anything
    const tag: unknown = (a as { readonly tag?: unknown } | null | undefined)?.tag
    if (typeof tag === 'string' && !Object.hasOwn(definitions, tag))
      return E.left(notKnown(settingError, [called], 'one of', definitions, tag))
    const [path, expected, got] = firstError(r.left)
    return E.left(settingError([called, ...path], expected, got, '', firstCode(r.left, 'out-of-range')))
  }
