/**
 * Programs as JSON data: every node once, by its op, its arguments and its attributes. Element types and shapes are not stored: the
 * shape rules compute them again, so that data from outside cannot claim wrong ones.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { count, exact, list, oneOf, recordOf, refined, type Codec } from '../value/codec.js'
import { isSize } from '../value/shape.js'
import { node } from './build.js'
import type { Expr, Op, Ops } from './op.js'
import { ops, rulesOf } from './ops/table.js'
import { program, type Program } from './program.js'

/** `invalid` is a mistake in building, which no program contains */
const names = Object.keys(ops).filter((op): op is Op => op !== 'invalid')
const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** what can be read before the op is known */
const outer = exact('node', {
  op: oneOf(...names),
  args: list(count),
  attrs: refined('a record of attributes', isRecord)
})
const attributes = (op: Op): Codec<Ops[Op]> =>
  exact(op, { ...rulesOf<Op>(op).attrs, ...(op === 'scan' ? { body: programCodec } : {}) })
const written = exact('program', {
  format: refined('1, the only format', (u): u is 1 => u === 1),
  nodes: list(outer),
  outputs: recordOf('outputs', count)
})

const inside = (c: t.Context, ...keys: readonly (string | number)[]): t.Context =>
  keys.reduce<t.Context>((at, key) => t.appendContext(at, String(key), t.unknown), c)

type WrittenNode = t.TypeOf<typeof outer>
/** a node over those before it */
const built = (w: WrittenNode, before: readonly Expr[], c: t.Context): t.Validation<Expr> => {
  const { arity } = rulesOf<Op>(w.op)
  if (arity === 'some' ? w.args.length === 0 : w.args.length !== arity)
    return t.failure(w.args, inside(c, 'args'), arity === 'some' ? 'at least one argument' : `${arity} arguments`)
  const later = w.args.findIndex(i => i >= before.length)
  if (later >= 0) return t.failure(w.args[later], inside(c, 'args', later), 'the place of an earlier node')
  return pipe(
    attributes(w.op).validate(w.attrs, inside(c, 'attrs')),
    E.chain(attrs => {
      const args = w.args.map(i => before[i] as Expr)
      const made = node(w.op, args, attrs)
      if (made.op === 'invalid') return t.failure(made.attrs.error.got, c, made.attrs.error.expected)
      return made.shape.every(isSize)
        ? t.success(made)
        : t.failure(made.shape, c, 'sizes that are positive whole numbers')
    })
  )
}

const read = (u: unknown, c: t.Context): t.Validation<Program> => {
  const w = written.validate(u, c)
  if (E.isLeft(w)) return w
  const { nodes, outputs } = w.right
  const made: Expr[] = []
  for (const [i, n] of nodes.entries()) {
    const e = built(n, made, inside(c, 'nodes', i))
    if (E.isLeft(e)) return e
    made.push(e.right)
  }
  const missing = Object.keys(outputs).find(name => (outputs[name] as number) >= made.length)
  if (missing !== undefined) return t.failure(outputs[missing], inside(c, 'outputs', missing), 'the place of a node')
  return pipe(
    program(Object.fromEntries(Object.entries(outputs).map(([name, i]) => [name, made[i] as Expr]))),
    E.orElse(e => t.failure<Program>(e.got, inside(c, 'nodes'), `${e.expected} (${e.path.join('/')})`))
  )
}

const write = ({ order, outputs }: Program): unknown => {
  const place = new Map(order.map((e, i) => [e, i]))
  const at = (e: Expr): number => place.get(e) as number
  return {
    format: 1,
    nodes: order.map(e => ({ op: e.op, args: e.args.map(at), attrs: attributes(e.op).encode(e.attrs) })),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, at(e)]))
  }
}

/**
 * A program as JSON data: `{ format: 1, nodes: [{ op, args, attrs }, ...], outputs: { name: place } }`. Arguments and outputs are places
 * in the list of nodes, arguments before users. Every bit of constants is kept; numbers that JSON has no numeral for are words
 * (`"NaN"`, `"-0"`). What does not fit is refused with its place, unknown ops and attributes too.
 *
 * @example parseJson(programCodec)(JSON.stringify(programCodec.encode(p))) // Right with the same program
 */
export const programCodec: Codec<Program> = new t.Type<Program, unknown, unknown>(
  'a program',
  (u): u is Program => isRecord(u) && isRecord(u['outputs']) && isRecord(u['inputs']) && Array.isArray(u['order']),
  read,
  write
)
